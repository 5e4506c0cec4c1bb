# A client in Perl that does what it reads, a line of JSON for some tasks, and answers a line for each: server=<host:port>
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Gearman::Client;
use Gearman::Task;
use JSON::PP;
use MIME::Base64;

my %args = map { split /=/, $_, 2 } @ARGV;
$| = 1;

sub told {
    my ($bytes) = @_;
    return length $bytes <= 65536 ? $bytes : length($bytes) . ' bytes, ' . sha256_hex($bytes);
}

sub run_all {
    my ($requests) = @_;
    # A client of its own for each: the failure that Perl's server sends behind an exception is left unread in the connection.
    my $client = Gearman::Client->new(job_servers => [$args{server}], exceptions => 1, command_timeout => 5);
    my $set    = $client->new_task_set;
    my @outcomes;
    my $good = eval {
        for my $request (@$requests) {
            my $payload = decode_base64($request->{text}) x ($request->{times} // 1);
            my $outcome = { data => [], warnings => [], statuses => [], failed => JSON::PP::false };
            push @outcomes, $outcome;
            my $task = Gearman::Task->new($request->{function}, \$payload, {
                uniq         => $request->{unique},
                priority     => $request->{priority} // 'normal',
                on_complete  => sub { $outcome->{result} = told(${ $_[0] }) },
                on_fail      => sub { $outcome->{failed} = JSON::PP::true },
                on_exception => sub { $outcome->{exception} = $_[0] },
                on_data      => sub { push @{ $outcome->{data} }, ${ $_[0] } },
                on_warning   => sub { push @{ $outcome->{warnings} }, ${ $_[0] } },
                on_status    => sub { push @{ $outcome->{statuses} }, "$_[0]/$_[1]" },
            });
            my $handle = $request->{background} ? $client->dispatch_background($task) : $set->add_task($task);
            $outcome->{handle} = $handle =~ s{^.*//}{}r if defined $handle;
        }
        $set->wait(timeout => 20);
        1;
    };
    # It is surprised by a failure behind an exception, which the server in Perl sends.
    if (!$good) {
        $_->{error} = "$@" for grep { !defined $_->{result} && !defined $_->{exception} } @outcomes;
    }
    return \@outcomes;
}

while (my $line = <STDIN>) {
    print encode_json(run_all(decode_json($line))), "\n";
}
