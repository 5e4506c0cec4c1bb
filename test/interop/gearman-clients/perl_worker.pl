# A worker in Perl with some functions: server=<host:port> parent=<process id> [timeout=<seconds>] [only=<function>,...] [prefix=<name>]
use strict;
use warnings;
use Gearman::Worker;
use Time::HiRes ();

my %args = map { split /=/, $_, 2 } @ARGV;
my $worker = Gearman::Worker->new(job_servers => [$args{server}], client_id => "perl_$$", $args{prefix} ? (prefix => $args{prefix}) : ());
my ($count, $stopping, @order) = (0);

my %functions = (
    reverse => sub { scalar reverse $_[0]->arg },
    length  => sub { length $_[0]->arg },
    pid     => sub { $$ },
    nothing => sub { undef },
    empty   => sub { '' },
    die     => sub { die "because of " . $_[0]->arg . "\n" },
    count   => sub { ++$count },
    flaky   => sub { ++$count % 3 ? undef : "at last $count" },
    order   => sub { push @order, $_[0]->arg; scalar @order },
    ordered => sub { join ',', @order },
    exit    => sub { exit 3 },
    exit_once => sub {
        my $mark = $_[0]->arg;
        return "done by another" if -e $mark;
        open my $file, '>', $mark or die $!;
        close $file;
        exit 3;
    },
    steps => sub {
        my ($job) = @_;
        $job->set_status($_, 4) for 1 .. 4;
        return 'stepped';
    },
    # Goes on when there is a file of that name.
    held => sub {
        my ($job) = @_;
        $job->set_status(1, 2);
        Time::HiRes::sleep(0.02) until -e $job->arg;
        return 'let go';
    },
    words => sub {
        my ($job) = @_;
        $worker->send_work_data($job, "some $_") for 1 .. 3;
        $worker->send_work_warning($job, 'careful');
        return 'all';
    },
    sleep => sub {
        my ($seconds, $answer) = split /:/, $_[0]->arg;
        Time::HiRes::sleep($seconds);
        return $answer;
    },
    stop => sub { $stopping = 1 },
);

for my $name ($args{only} ? split /,/, $args{only} : sort keys %functions) {
    $worker->register_function($name, $args{timeout} ? ($args{timeout}) : (), $functions{$name});
}
# It must not outlive whoever has started it.
$worker->work(stop_if => sub { $stopping || getppid() != $args{parent} }) until $stopping || getppid() != $args{parent};
