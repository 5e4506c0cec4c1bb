require 'dalli'
require 'logger'
require 'openssl'

Dalli.logger = Logger.new(File::NULL)

# servers=<host:port or path>[,...] user= password= ca=<file> patient=yes
ARGS = ARGV.to_h { |arg| arg.split('=', 2) }
SERVERS = ARGS['servers'].split(',')
BYTES = (0..255).to_a.pack('C*') + "\0\r\nEND\r\n\xff".b
LARGE = 'x' * 900_000
$stdout.sync = true

def connected(options = {}, to = SERVERS[0])
  options = { socket_timeout: 10 }.merge(options)
  options.update(username: ARGS['user'], password: ARGS['password']) if ARGS['user']
  if ARGS['ca']
    options[:ssl_context] = OpenSSL::SSL::SSLContext.new.tap do |context|
      context.ca_file = ARGS['ca']
      context.verify_mode = OpenSSL::SSL::VERIFY_PEER
    end
  end
  Dalli::Client.new(to, options)
end

CLIENT = connected

def check(name)
  yield
  puts "ok #{name}"
rescue StandardError => e
  puts "not ok #{name}: #{e.class} #{e.message[0, 400].gsub("\n", ' | ')} #{e.backtrace.grep(/#{__FILE__}/).first}"
end

# Checks that wait for time to pass, or that need more than one server.
def check_patiently(name, &test)
  check(name, &test) if ARGS['patient']
end

def same(actual, expected)
  raise "#{actual.inspect[0, 200]} is not #{expected.inspect[0, 200]}" unless actual == expected
end

def fails(error)
  yield
rescue error
  nil
else
  raise "it did not fail with #{error}"
end

# Waits for what happens within two seconds or so, depending on a clock that ticks once a second.
def until_so
  200.times do
    return if yield

    sleep 0.05
  end
  raise 'it does not happen'
end

# A cas is what a success is to this client.
def stored(result)
  same([Integer, TrueClass].include?(result.class) && result != 0, true)
end

# Whether several can be got at once: over TLS the client fails when it waits for the answer.
MULTI = !ARGS['ca']

check('storing') do
  ['text', BYTES, '', 42, 2**70, 1.5, true, false, :symbol, 'ü', LARGE].each do |value|
    stored(CLIENT.set('k', value))
    same(CLIENT.get('k'), value)
  end
  stored(CLIENT.set('k', BYTES, 0, raw: true))
  same(CLIENT.get('k', raw: true), BYTES)
  same(CLIENT.get('missing'), nil)
  stored(CLIENT.set('x' * 250, 'longest'))
  same(CLIENT.get('x' * 250), 'longest')
  stored(CLIENT.set('y' * 300, 'beyond'))
  same(CLIENT.get('y' * 300), 'beyond')
end
check('modes') do
  CLIENT.delete('m')
  same(CLIENT.replace('m', 'x'), 0)
  same(CLIENT.append('m', 'x'), false)
  same(CLIENT.prepend('m', 'x'), false)
  stored(CLIENT.add('m', 'b', 0, raw: true))
  same(CLIENT.add('m', 'c'), false)
  same(CLIENT.append('m', BYTES), true)
  same(CLIENT.prepend('m', 'a'), true)
  same(CLIENT.get('m', raw: true), "ab#{BYTES}".b)
  stored(CLIENT.replace('m', 'new'))
  same(CLIENT.get('m'), 'new')
  same(CLIENT.delete('m'), true)
  same(CLIENT.delete('m'), nil)
end
check('many') do
  keys = (0...500).map { |i| "many#{i}" }
  CLIENT.multi { keys.each_with_index { |key, i| CLIENT.set(key, i) } }
  same(CLIENT.get('many77'), 77)
  if MULTI
    same(CLIENT.get_multi(keys + ['missing']), keys.each_with_index.to_h)
    seen = 0
    CLIENT.get_multi(keys) { |_, _| seen += 1 }
    same(seen, 500)
  end
  CLIENT.multi do
    CLIENT.add('many1', 'quietly refused')
    CLIENT.replace('none', 'quietly refused')
    CLIENT.add('added', '5')
  end
  same(CLIENT.get('many1'), 1)
  same(CLIENT.get('added'), '5')
  CLIENT.multi { (keys + ['added']).each { |key| CLIENT.delete(key) } }
  same([CLIENT.get('many0'), CLIENT.get('many499'), CLIENT.get('added')], [nil, nil, nil])
end
check('cas') do
  CLIENT.set('c', 1)
  stored(CLIENT.cas('c') { |value| value + 1 })
  same(CLIENT.get('c'), 2)
  CLIENT.delete('none')
  same(CLIENT.cas('none') { 1 }, nil)
  changed = CLIENT.cas('c') do |value|
    CLIENT.set('c', 10)
    value + 1
  end
  same(changed, false)
  value, token = CLIENT.get_cas('c')
  same(value, 10)
  same(CLIENT.set_cas('c', 11, token + 1), false)
  stored(CLIENT.set_cas('c', 11, token))
  same(CLIENT.replace_cas('c', 12, token), false)
  same(CLIENT.get_multi_cas('c', 'none')['c'][0], 11) if MULTI
  same(CLIENT.delete_cas('c', token), false)
  same(CLIENT.delete_cas('c', CLIENT.get_cas('c')[1]), true)
  same(CLIENT.get_cas('c')[0], nil)
  stored(CLIENT.cas!('none') { 1 })
  CLIENT.delete('none')
end
check('counting') do
  CLIENT.delete('n')
  same(CLIENT.incr('n'), nil)
  same(CLIENT.decr('n'), nil)
  same(CLIENT.incr('n', 1, nil, 5), 5)
  same(CLIENT.incr('n', 10), 15)
  same(CLIENT.decr('n', 100), 0)
  CLIENT.set('n', (2**64 - 2).to_s, 0, raw: true)
  same(CLIENT.incr('n'), 2**64 - 1)
  same(CLIENT.incr('n', 3), 2)
  CLIENT.set('n', 'x', 0, raw: true)
  fails(Dalli::DalliError) { CLIENT.incr('n') }
  same(CLIENT.get('n', raw: true), 'x')
end
check('touching') do
  CLIENT.set('t', 1)
  same(CLIENT.touch('t', 1000), true)
  same(CLIENT.touch('none', 1000), nil)
  same(CLIENT.gat('t', 1000), 1)
  same(CLIENT.gat('none', 1000), nil)
end
check('objects') do
  [{ a: [1, 2.5, nil], 'b' => BYTES }, Time.at(1), (1..3)].each do |value|
    stored(CLIENT.set('o', value))
    same(CLIENT.get('o'), value)
  end
  compressing = connected({ compress: true, namespace: 'prefix' })
  stored(compressing.set('z', LARGE * 5))
  same(compressing.get('z'), LARGE * 5)
  same(CLIENT.get('prefix:z'), LARGE * 5)
  same(compressing.get_multi('z').keys, ['z']) if MULTI
  same(compressing.delete('z'), true)
  CLIENT.delete('f')
  same(CLIENT.fetch('f', 100) { 'made' }, 'made')
  same(CLIENT.fetch('f', 100) { 'again' }, 'made')
end
check('refusals') do
  careless = connected({ compress: false, value_max_bytes: 8 * 1024 * 1024 })
  careless.set('big', 1)
  fails(Dalli::DalliError) { careless.set('big', 'x' * 1_100_000) }
  same(careless.get('big'), nil)
  stored(careless.set('k', 'v'))
  same(careless.get('k'), 'v')
end
check('server') do
  same(CLIENT.version.values.first.start_with?('1.6.'), true)
  CLIENT.alive!
  CLIENT.set('s', 1)
  stats = CLIENT.stats.values.first
  same(stats['pointer_size'], '64')
  same(stats['curr_items'].to_i.positive?, true)
  same(CLIENT.stats(:settings).values.first['cas_enabled'], 'yes')
  same(CLIENT.stats(:items).values.first.keys.any? { |name| name.match?(/^items:\d+:number$/) }, true)
  same(CLIENT.stats(:slabs).values.first.key?('active_slabs'), true)
  same(CLIENT.reset_stats, [true])
  same(CLIENT.flush, [true])
  same(CLIENT.get('s'), nil)
  CLIENT.close
  stored(CLIENT.set('s', 1))
end
check_patiently('expiry') do
  CLIENT.set('t', 1, 1)
  CLIENT.set('t2', 1, 100)
  same(CLIENT.touch('t2', 1), true)
  CLIENT.set('t3', 1, 100)
  same(CLIENT.gat('t3', 1), 1)
  CLIENT.delete('t4')
  CLIENT.incr('t4', 1, 1, 5)
  CLIENT.set('t5', 1, 1000)
  until_so { CLIENT.get_multi('t', 't2', 't3', 't4', 't5') == { 't5' => 1 } }
end
check_patiently('several servers') do
  ring = connected({}, SERVERS)
  same(ring.flush, [true, true])
  keys = (0...100).map { |i| "h#{i}" }
  keys.each { |key| stored(ring.set(key, key)) }
  same(ring.get_multi(keys + ['none']).size, 100)
  shares = SERVERS.map { |server| connected({}, server).get_multi(keys).size }
  same([shares.sum, shares.min.positive?], [100, true])
end
