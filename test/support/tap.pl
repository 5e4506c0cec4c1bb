# What the Perl scripts have in common: where the server is, and a line of output for each check.
use strict;
use warnings;
use Time::HiRes ();

# servers=<host:port or path>[,...] patient=yes
our %args = map { split /=/, $_, 2 } @ARGV;
our @servers = split /,/, $args{servers};
our $bytes = join('', map { chr } 0 .. 255) . "\0\r\nEND\r\n\xff";
our $large = 'x' x 900_000;
our $too_large = 'x' x 1_100_000;
$| = 1;

sub check {
    my ($name, $test) = @_;
    my $good = eval { local $SIG{__WARN__} = sub { die @_ }; $test->(); 1 };
    print $good ? "ok $name\n" : "not ok $name: " . join(' | ', split /\n/, $@) . "\n";
}

# Checks that wait for time to pass, or that need more than one server.
sub check_patiently {
    check(@_) if $args{patient};
}

sub same {
    my ($actual, $expected) = map { defined $_ ? $_ : '(undef)' } @_;
    die substr($actual, 0, 200) . ' is not ' . substr($expected, 0, 200) . ' in line ' . (caller)[2] . "\n" unless $actual eq $expected;
}

# Waits for what happens within two seconds or so, depending on a clock that ticks once a second.
sub until_so {
    my ($condition) = @_;
    for (1 .. 200) {
        return if $condition->();
        Time::HiRes::sleep(0.05);
    }
    die "it does not happen\n";
}

1;
