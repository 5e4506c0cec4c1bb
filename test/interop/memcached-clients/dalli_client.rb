require 'dalli'

Dalli.logger.level = Logger::WARN

port, user, password = ARGV
options = { compress: true, socket_timeout: 5 }
options = options.merge(username: user, password: password) if user
CLIENT = Dalli::Client.new("127.0.0.1:#{port}", options)
$stdout.sync = true

def check(name)
  yield
  puts "ok #{name}"
rescue StandardError => e
  puts "not ok #{name}: #{e.class} #{e.message[0, 300].gsub("\n", ' | ')} #{e.backtrace.first}"
end

def same(actual, expected)
  raise "#{actual.inspect[0, 80]} is not #{expected.inspect[0, 80]}" unless actual == expected
end

check('storing') do
  ['text', "\0\r\n\xff".b, '', 42, { a: [1] }, 'x' * 900_000].each do |value|
    CLIENT.set('k', value)
    same(CLIENT.get('k'), value)
  end
  same(CLIENT.get('missing'), nil)
end
check('modes') do
  CLIENT.delete('m')
  same([0, false, nil].include?(CLIENT.replace('m', 'x')), true)
  raise 'not added' unless CLIENT.add('m', 'b', 0, raw: true)
  same(CLIENT.add('m', 'c'), false)
  CLIENT.append('m', 'c')
  CLIENT.prepend('m', 'a')
  same(CLIENT.get('m', raw: true), 'abc')
  same(CLIENT.delete('m'), true)
  raise 'deleted' if CLIENT.delete('m')
end
check('many') do
  CLIENT.multi { 200.times { |i| CLIENT.set("many#{i}", i) } }
  values = CLIENT.get_multi((0...200).map { |i| "many#{i}" } + ['missing'])
  same(values.size, 200)
  same(values['many77'], 77)
end
check('cas') do
  CLIENT.set('c', 1)
  raise 'not changed' unless CLIENT.cas('c') { |value| value + 1 }
  same(CLIENT.get('c'), 2)
  same(CLIENT.cas('none') { 1 }, nil)
  changed = CLIENT.cas('c') do |value|
    CLIENT.set('c', 10)
    value + 1
  end
  same(changed, false)
end
check('counting') do
  CLIENT.delete('n')
  same(CLIENT.incr('n'), nil)
  same(CLIENT.incr('n', 1, nil, 5), 5)
  same(CLIENT.incr('n', 10), 15)
  same(CLIENT.decr('n', 100), 0)
end
check('fetching') do
  CLIENT.delete('f')
  same(CLIENT.fetch('f', 100) { 'made' }, 'made')
  same(CLIENT.fetch('f', 100) { 'again' }, 'made')
end
check('time to live') do
  CLIENT.set('t', 1, 1)
  CLIENT.set('t2', 1, 100)
  raise 'not touched' unless CLIENT.touch('t2', 1)
  CLIENT.set('t3', 1, 100)
  same(CLIENT.gat('t3', 1), 1)
  sleep 3
  same([CLIENT.get('t'), CLIENT.get('t2'), CLIENT.get('t3')], [nil, nil, nil])
end
check('server') do
  same(CLIENT.version.values.first.start_with?('1.'), true)
  same(CLIENT.stats.values.first['pointer_size'], '64')
  CLIENT.set('s', 1)
  CLIENT.flush
  same(CLIENT.get('s'), nil)
end
