# A worker in Perl: server=<host:port> parent=<process id> prefix=<of the names of its functions>
use strict;
use warnings;
use Gearman::Worker;
use Time::HiRes ();

my %args = map { split /=/, $_, 2 } @ARGV;
my $worker;

# Writes down that a task is done; one whose text begins with `wait` waits for the file to have a gate.
sub note {
    my ($file, $text) = split /\n/, $_[0]->arg;
    if ($text =~ /^wait/) { Time::HiRes::sleep(0.01) until -e "$file.gate" || getppid() != $args{parent} }
    open my $notes, '>>', $file or die $!;
    print $notes "$text\n";
    close $notes;
    return $text;
}

my %functions = (
    echo    => sub { $_[0]->arg },
    reverse => sub { scalar reverse $_[0]->arg },
    steps   => sub { $_[0]->set_status($_, 4) for 1 .. 4; 'stepped' },
    pieces  => sub { $worker->send_work_data($_[0], "piece\0$_") for 1 .. 3; 'whole' },
    warn    => sub { $worker->send_work_warning($_[0], "careful\0!"); 'warned' },
    throw   => sub { die "because of " . $_[0]->arg . "\n" },
    fail    => sub { undef },
    note    => \&note,
);

# An error ends it where it would take another answer: gearmand's to a failure behind an exception, and Perl's server's to data.
open STDERR, '>', '/dev/null';
until (getppid() != $args{parent}) {
    $worker = Gearman::Worker->new(job_servers => [$args{server}]);
    $worker->register_function("$args{prefix}.$_", $functions{$_}) for keys %functions;
    eval { $worker->work(stop_if => sub { getppid() != $args{parent} }) };
}
