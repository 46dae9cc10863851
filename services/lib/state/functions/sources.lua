-- Sources of presence that keep themselves alive ------------------------------------------------------------------------
-- {D}:src:<source> HASH  kind (number of SourceKind), epoch, beat, grace (ms), seen (when it was last heard of, ms); of a
--                        declared one that never opened a stream nothing
-- {D}:sources SET        ids of those
-- {D}:srcdue ZSET        <source>: when (ms) it is lost if it is not heard of; "<source> <epoch>": when what it said in
--                        that epoch is, because a new one has begun
-- {D}:losses STRING      how often {D}:lost has changed
-- {D}:resweep HASH       source -> cursor of the scan of {D}:se:<source> that has its experts composed again
-- {D}:srcstat HASH       "<source> <what>": how many reports were taken, overtaken, or refused (number of
--                        ReportRefusal); those that are not declared together under "?"

local SWEEP_AT_ONCE = 500
local MOST_LEASES = 1000  -- sources with a stream of their own

-- What the source said in an epoch up to that one is unknown from now on.
local function lose(p, source, epoch)
  local lost = redis.call('HGET', p .. 'lost', source)
  if lost and not number_less(lost, epoch) then return end
  redis.call('HSET', p .. 'lost', source, epoch)
  redis.call('INCR', p .. 'losses')
  redis.call('HSET', p .. 'resweep', source, '0')
end

-- It is there in that epoch: what it said in it counts again.
local function found(p, source, epoch)
  local lost = redis.call('HGET', p .. 'lost', source)
  if not lost or number_less(lost, epoch) then return end
  redis.call('HDEL', p .. 'lost', source)
  redis.call('INCR', p .. 'losses')
  redis.call('HSET', p .. 'resweep', source, '0')
end

-- source, kind, epoch, heartbeat, grace (ms) -> ok. Refused if the source has begun a higher epoch.
redis.register_function('xl1_source_hello', function(keys, args)
  local p = prefix(keys)
  local source, kind, epoch, beat, grace = unpack(args)
  local now, key = now_ms(p), p .. 'src:' .. source
  local known = redis.call('HGET', key, 'epoch')
  if known and number_less(epoch, known) then
    return refused('SOURCE_SUPERSEDED', 'source', source, 'epoch', known)
  end
  if not known and redis.call('SCARD', p .. 'sources') >= MOST_LEASES then
    return refused('UNKNOWN_SOURCE', 'source', source)
  end
  if known and known ~= epoch then redis.call('ZADD', p .. 'srcdue', int(now + tonumber(grace)), source .. ' ' .. known) end
  redis.call('SADD', p .. 'sources', source)
  redis.call('HSET', key, 'kind', kind, 'epoch', epoch, 'beat', beat, 'grace', grace, 'seen', int(now))
  redis.call('ZADD', p .. 'srcdue', int(now + tonumber(beat) + tonumber(grace)), source)
  found(p, source, epoch)
  return {'ok'}
end)

-- source, epoch -> ok. It was heard of. Refused if it has begun a higher epoch.
redis.register_function('xl1_source_alive', function(keys, args)
  local p = prefix(keys)
  local source, epoch = unpack(args)
  local now, key = now_ms(p), p .. 'src:' .. source
  local f = redis.call('HMGET', key, 'epoch', 'beat', 'grace')
  if f[1] ~= epoch then return refused('SOURCE_SUPERSEDED', 'source', source, 'epoch', f[1] or '0') end
  redis.call('HSET', key, 'seen', int(now))
  redis.call('ZADD', p .. 'srcdue', int(now + f[2] + f[3]), source)
  found(p, source, epoch)
  return {'ok'}
end)

-- -> ok, 1 if there is more to do at once. Loses what is due, and has the experts of lost or found sources composed again.
redis.register_function('xl1_sources_sweep', function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', p .. 'srcdue', '-inf', int(now), 'LIMIT', 0, 100)) do
    local source, epoch = string.match(member, '^(%S+) (%d+)$')
    if source then
      lose(p, source, epoch)
    else
      lose(p, member, redis.call('HGET', p .. 'src:' .. member, 'epoch') or '0')
    end
    redis.call('ZREM', p .. 'srcdue', member)
  end
  local under_way = redis.call('HGETALL', p .. 'resweep')
  for i = 1, #under_way, 2 do
    local source = under_way[i]
    local scan = redis.call('SSCAN', p .. 'se:' .. source, under_way[i + 1], 'COUNT', SWEEP_AT_ONCE)
    for _, expert in ipairs(scan[2]) do
      -- Of those that are gone, or of whom it says nothing any more, nothing is kept.
      if redis.call('HEXISTS', p .. 'x:' .. expert, 'o:' .. source) == 1 then
        compose_again(p, expert)
      else
        redis.call('SREM', p .. 'se:' .. source, expert)
      end
    end
    if scan[1] == '0' then
      redis.call('HDEL', p .. 'resweep', source)
    else
      redis.call('HSET', p .. 'resweep', source, scan[1])
    end
  end
  return {'ok', flag(redis.call('EXISTS', p .. 'resweep') == 1)}
end)

-- Any number of times: field of srcstat, how many more -> ok, now, {source, kind, epoch, beat, grace, seen, lost epoch or
-- ''}..., srcstat.
redis.register_function('xl1_sources', function(keys, args)
  local p = prefix(keys)
  for i = 1, #args, 2 do redis.call('HINCRBY', p .. 'srcstat', args[i], args[i + 1]) end
  local list = {}
  for _, source in ipairs(redis.call('SMEMBERS', p .. 'sources')) do
    local f = redis.call('HMGET', p .. 'src:' .. source, 'kind', 'epoch', 'beat', 'grace', 'seen')
    list[#list + 1] = {source, f[1], f[2], f[3], f[4], f[5], redis.call('HGET', p .. 'lost', source) or ''}
  end
  return {'ok', int(now_ms(p)), list, redis.call('HGETALL', p .. 'srcstat')}
end)
