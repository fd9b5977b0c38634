-- One draw: takes ten random plates that are free, keeps them for the application until the deadline and gives
-- back the ten of its last draw. The same draw again gives the same plates and changes nothing.
--
--   EVALSHA sha 3 pool deadlines application draw hold_s
--
-- pool: the set of free plates; deadlines: applications by the second at which their batch runs out;
-- application: a hash of draw (which came last), plates (its batch), and drawn and repeated (how many).
--
-- Why this is Redis at its best: a script is atomic, so there is no lock and no retry; SPOP and SADD take and give
-- back ten at a time, uniformly and in constant time each; the batch is one text in a hash that stays a listpack,
-- so a draw is six calls and no plate has a key of its own; and all that is written while the event loop goes
-- round once is synced once. Tried, and not faster: SRANDMEMBER and one SREM, which writes half as much; random
-- numbers of the script's own, looked up by SMISMEMBER; and a bitmap with one BITFIELD to look and one to change.
local pool, deadlines, application = KEYS[1], KEYS[2], KEYS[3]
local draw, hold_s = ARGV[1], ARGV[2]

local last = redis.call('HMGET', application, 'draw', 'plates', 'drawn')
if last[1] == draw then
  redis.call('HINCRBY', application, 'repeated', 1)
  return last[2]
end

local batch = redis.call('SPOP', pool, 10)
if #batch < 10 then
  return redis.error_reply('EMPTY fewer than ten are free')
end
if last[2] then
  local given_back = {}
  for plate in string.gmatch(last[2], '%d+') do
    given_back[#given_back + 1] = plate
  end
  redis.call('SADD', pool, unpack(given_back))
end
local plates = table.concat(batch, ' ')
redis.call('HSET', application, 'draw', draw, 'plates', plates, 'drawn', (last[3] or 0) + 1)
redis.call('ZADD', deadlines, redis.call('TIME')[1] + hold_s, application)
return plates
