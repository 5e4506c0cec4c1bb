# Clients and workers in Perl: servers=<host:port> folder=<for files> [timeouts=<whether the server counts them in seconds, and lets jobs fail by them>]
# [forgiving=<whether it takes what a worker in Perl says of exceptions and of results that are false>]
# [perlish=<whether it knows the commands that only the server in Perl has>]
use strict;
use warnings;
use FindBin;
use Gearman::Client;
use Storable ();
require "$FindBin::Bin/../../support/tap.pl";
our (%args, @servers, $bytes, $large);

my @workers;

# Starts a worker, and returns its process id; the server knows of it when it has what it can do.
sub start_worker {
    my $parent = $$;
    my $pid    = fork // die $!;
    if ($pid == 0) {
        open STDERR, '>', '/dev/null';
        exec $^X, "$FindBin::Bin/perl_worker.pl", "server=$servers[0]", "parent=$parent", @_;
    }
    push @workers, $pid;
    return $pid;
}

sub end_workers {
    kill KILL => @workers;
    waitpid $_, 0 for splice @workers;
}
END { local $?; end_workers() }

sub connected { Gearman::Client->new(job_servers => [$servers[0]], @_) }
my $client = connected();

sub workers_of {
    my ($function) = @_;
    my $status = $client->get_job_server_status()->{ $servers[0] } or return 0;
    return $status->{$function} ? $status->{$function}{capable} : 0;
}

# Waits until so many workers can do it.
sub until_able {
    my ($function, $count) = @_;
    until_so(sub { workers_of($function) == $count });
}

# The result of a task, or undef if it fails.
sub result {
    my $reference = $client->do_task(@_);
    return $reference ? $$reference : undef;
}

# Runs tasks at once, and returns what has become of each in the order in which they ended. What comes first, if it is a sub, is called
# when the server has all of them.
sub run_all {
    my $submitted = ref $_[0] eq 'CODE' ? shift : sub { };
    my @ended;
    my $set = $client->new_task_set;
    for my $task (@_) {
        my ($function, $argument, %options) = @$task;
        $set->add_task($function, \$argument, {
            on_complete => sub { push @ended, ${ $_[0] } },
            on_fail     => sub { push @ended, "$function failed" },
            %options,
        });
    }
    $submitted->();
    $set->wait;
    return @ended;
}

start_worker($args{timeouts} ? 'timeout=60' : ());
until_able($_, 1) for qw(reverse words steps);

check('a task', sub {
    same(result('reverse', 'abc'), 'cba');
    same(result('reverse', \$bytes), scalar reverse $bytes);
    same(result('reverse', \$large), $large);
    same(result('length', 'x' x 5_000_000), 5_000_000);
});
check('results that are false, of which the worker sends only the handle', sub {
    return unless $args{forgiving};
    same(result('empty', 'x'), '');
    same(result('reverse', ''), '');
    same(result('reverse', 'abc'), 'cba');
});
check('tasks of several functions at once', sub {
    same(join(' ', sort { $a cmp $b } run_all(map { ['reverse', "a$_"] } 1 .. 200)), join(' ', sort map { scalar reverse "a$_" } 1 .. 200));
    same(join(' ', sort(run_all(['length', 'abc'], ['reverse', 'abc'], ['nothing', '']))), '3 cba nothing failed');
});
check('failing', sub {
    my $failed = 0;
    same(result('nothing', 'x', { on_fail => sub { $failed++ } }), undef);
    same($failed, 1);
});
check('trying again', sub {
    my @tries;
    same(result('flaky', 'x', { retry_count => 5, on_retry => sub { push @tries, $_[0] } }), 'at last 3');
    same(join(',', @tries), '1,2');
    my $failed = 0;
    same(result('nothing', 'x', { retry_count => 2, on_fail => sub { $failed++ } }), undef);
    same($failed, 1);
});
check('progress', sub {
    my @steps;
    same(result('steps', 'x', { on_status => sub { push @steps, "$_[0]/$_[1]" } }), 'stepped');
    same(join(' ', @steps), '1/4 2/4 3/4 4/4');
});
check('data and warnings on the way', sub {
    my @words;
    my $result = result('words', 'x', {
        on_data    => sub { push @words, ${ $_[0] } },
        on_warning => sub { push @words, ${ $_[0] } },
    });
    same($result, 'all');
    same(join(',', @words), 'some 1,some 2,some 3,careful');
});
check('tasks that are the same', sub {
    my $gate = "$args{folder}/same-gate";
    my $steps = 0;
    # All are asked for before the first of them can end: what comes while they are, a status among it, is dealt with at once.
    my @ended = run_all(
        sub { open my $file, '>', $gate or die $! },
        ['held', $gate, uniq => 'one', on_status => sub { $steps++ }],
        ['held', $gate, uniq => 'one'],
        ['count', '', uniq => 'other'],
        ['count', '', uniq => 'other'],
    );
    same(scalar(grep { $_ eq 'let go' } @ended), 2);
    my @counts = grep { $_ ne 'let go' } @ended;
    same($counts[0], $counts[1]);
    same($steps > 0 ? 'told' : 'not told', 'told');
});
check('background, and what becomes of it', sub {
    my $gate = "$args{folder}/background-gate";
    my $handle = $client->dispatch_background('held', \$gate, { uniq => 'background' });
    die "no handle\n" unless $handle =~ m{^\Q$servers[0]\E//H:.+:\d+$};
    until_so(sub { ($client->get_status($handle)->percent // 0) == 0.5 });
    my $status = $client->get_status($handle);
    same($status->known, 1);
    same($status->running, 1);
    same(join('/', @{ $status->progress }), '1/2');
    open my $file, '>', $gate or die $!;
    until_so(sub { !$client->get_status($handle)->known });
    same($client->get_status($handle)->running || 0, 0);
});
check('counting jobs and workers', sub {
    my $status = $client->get_job_server_status()->{ $servers[0] }{reverse};
    same(join(' ', map { "$_=$status->{$_}" } sort keys %$status), 'capable=1 queued=0 running=0');
});
check('a prefix', sub {
    start_worker('prefix=other', 'only=reverse');
    until_so(sub { $client->_job_server_status_command("status\n", sub { $_[1] =~ /^other(?:\t|%09)reverse\t0\t0\t1$/ and $args{seen} = 1 }); $args{seen} });
    my $other = connected(prefix => 'other');
    same(${ $other->do_task('reverse', 'abc') }, 'cba');
});
check('several workers', sub {
    start_worker('only=pid,sleep') for 1 .. 2;
    until_able('pid', 3);
    my %pids = map { $_ => 1 } run_all(map { ['pid', $_] } 1 .. 60);
    die "nobody works\n" unless %pids;
});
end_workers();

check('priorities', sub {
    my @jobs = (['low', 'low'], ['normal', undef], ['high', 'high'], ['low2', 'low'], ['normal2', undef], ['high2', 'high']);
    for (@jobs) {
        my ($name, $priority) = @$_;
        $client->dispatch_background('order', \$name, { $priority ? (priority => $priority) : () });
    }
    start_worker('only=order,ordered');
    until_able('ordered', 1);
    until_so(sub { my $is = $client->get_job_server_status()->{ $servers[0] }{order}; $is->{queued} + $is->{running} == 0 });
    same(result('ordered', ''), 'high,high2,normal,normal2,low,low2');
    end_workers();
});
check('what waits for a worker', sub {
    my $handle = $client->dispatch_background('later', \'x');
    same($client->get_status($handle)->known, 1);
    same($client->get_status($handle)->running || 0, 0);
    my $set = $client->new_task_set;
    my $result;
    $set->add_task('reverse', \'abc', { on_complete => sub { $result = ${ $_[0] } } });
    start_worker('only=reverse');
    $set->wait;
    same($result, 'cba');
});
check('a worker that dies in the middle, and another that goes on', sub {
    end_workers();
    start_worker('only=exit_once') for 1 .. 2;
    until_able('exit_once', 2);
    same(result('exit_once', "$args{folder}/exit-mark"), 'done by another');
    until_able('exit_once', 1);
});
check('a worker that is told to stop', sub {
    end_workers();
    my $pid = start_worker('only=stop');
    same(result('stop', 'x'), 1);
    waitpid $pid, 0;
    same($?, 0);
    until_able('stop', 0);
});
check('an exception', sub {
    end_workers();
    start_worker('only=die,pid');
    until_able('pid', 1);
    my $careful = connected(exceptions => 1);
    my ($exception, $failed);
    my $before = $args{forgiving} ? result('pid', '') : 0;
    $careful->do_task('die', 'x', { on_exception => sub { $exception = $_[0] }, on_fail => sub { $failed = 1 } });
    die "no exception\n" unless defined $exception;
    die "another exception\n" unless $exception =~ /because of x/;
    if ($args{forgiving}) {
        same(result('pid', ''), $before);
        same(result('die', 'y'), undef);
        same(result('pid', ''), $before);
    }
});
check('a worker that takes too long', sub {
    return unless $args{timeouts};
    end_workers();
    start_worker('only=sleep,pid', 'timeout=3');
    until_able('sleep', 1);
    same(result('sleep', '0.1:soon'), 'soon');
    same(result('sleep', '2.5:in time'), 'in time');
    same(result('sleep', '5:too late'), undef);
    same(result('sleep', '0.1:again'), 'again');
});
check('what only the server in Perl tells', sub {
    return unless $args{perlish};
    end_workers();
    my $gate = "$args{folder}/jobs-gate";
    start_worker('only=held');
    until_able('held', 1);
    my $handle = $client->dispatch_background('held', \$gate, { uniq => 'a-unique' });
    until_so(sub { $client->get_status($handle)->running });
    my $job = $client->get_job_server_jobs()->{ $servers[0] }{held};
    same($job->{key}, 'a-unique');
    die "$job->{address} is no address\n" unless $job->{address} =~ /^127\.0\.0\.1:\d+$/;
    same($job->{listeners}, 0);
    die "no clients\n" unless %{ $client->get_job_server_clients()->{ $servers[0] } };
    open my $file, '>', $gate or die $!;
    until_so(sub { !$client->get_status($handle)->known });
});
