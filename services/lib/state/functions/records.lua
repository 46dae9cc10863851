-- What strategy-evaluation keeps for people: records of decisions, revisions of strategies --------------------------------
-- {D}:records STREAM        l = "<session> <leg>", r = bytes of a record, opaque here
-- {D}:records:bytes STRING  the sum of their bytes
-- {D}:rl:<session>:<leg> LIST   ids in {D}:records of a leg's records
-- {D}:strategies SET            names of strategies that have revisions
-- {D}:strategy:<name> HASH      revision -> "first last text": when it was first and last loaded (wall-clock ms), its text
-- {D}:pins HASH                 strategy -> "revision file": the revision that was activated by hand, and the one that
--                               its file had then ("-": none)
-- {D}:strategies:v STRING       grows with each change of the three above

local MOST_RECORDS_A_LEG = 100
local MOST_REVISIONS = 20
local TRIM_FOR_EACH = 4  -- each new record takes so many old ones with it at most

-- Forgets the oldest records: those before `from` (wall-clock ms), and more while all have more than `most` bytes; at
-- most so many at once.
local function trim_records(p, from, most, at_once)
  local bytes = tonumber(redis.call('GET', p .. 'records:bytes') or 0)
  for _ = 1, at_once do
    local entry = redis.call('XRANGE', p .. 'records', '-', '+', 'COUNT', 1)[1]
    if not entry then break end
    local at = tonumber(string.match(entry[1], '^%d+'))
    if at >= from and bytes <= most then break end
    redis.call('XDEL', p .. 'records', entry[1])
    bytes = redis.call('DECRBY', p .. 'records:bytes', #entry[2][4])
  end
end

-- record {retention_ms, most_bytes, legs = ["session leg", ...]}, bytes of a record for each -> ok. Twice is kept twice.
redis.register_function('xl1_record', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local bytes = 0
  for i = 2, #args do bytes = bytes + #args[i] end
  trim_records(p, wall_ms() - q.retention_ms, q.most_bytes - bytes, TRIM_FOR_EACH * #q.legs)
  for i, leg in ipairs(q.legs) do
    local id = redis.call('XADD', p .. 'records', '*', 'l', leg, 'r', args[i + 1])
    local of_leg = p .. 'rl:' .. string.gsub(leg, ' ', ':', 1)
    if redis.call('RPUSH', of_leg, id) > MOST_RECORDS_A_LEG then redis.call('LPOP', of_leg) end
    redis.call('PEXPIRE', of_leg, q.retention_ms)
  end
  redis.call('INCRBY', p .. 'records:bytes', bytes)
  return {'ok'}
end)

-- records_of {s, leg} -> ok, bytes, ... in order of time.
redis.register_function{function_name = 'xl1_records_of', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer = {'ok'}
  for _, id in ipairs(redis.call('LRANGE', p .. 'rl:' .. q.s .. ':' .. q.leg, 0, -1)) do
    local found = redis.call('XRANGE', p .. 'records', id, id)
    if found[1] then answer[#answer + 1] = found[1][2][4] end
  end
  return answer
end}

-- records {after (an id, or ""), most, most_bytes} -> ok, id, bytes, ... in order of time; one at least if there is one.
redis.register_function{function_name = 'xl1_records', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer, bytes, after = {'ok'}, 0, q.after
  while #answer < 2 * q.most do
    local found = redis.call('XRANGE', p .. 'records', after == '' and '-' or '(' .. after, '+', 'COUNT', 1)
    if not found[1] then break end
    bytes = bytes + #found[1][2][4]
    if bytes > q.most_bytes and #answer > 1 then break end
    after = found[1][1]
    answer[#answer + 1] = after
    answer[#answer + 1] = found[1][2][4]
  end
  return answer
end}

local function strategies_changed(p)
  redis.call('INCR', p .. 'strategies:v')
end

-- keep_revision {strategy, revision}, text: it was loaded now. The last 20 are kept, and the one that is pinned.
-- -> ok, when it was first loaded (wall-clock ms).
redis.register_function('xl1_keep_revision', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key, now = p .. 'strategy:' .. q.strategy, int(wall_ms())
  local first = string.match(redis.call('HGET', key, q.revision) or '', '^%d+')
  redis.call('SADD', p .. 'strategies', q.strategy)
  redis.call('HSET', key, q.revision, (first or now) .. ' ' .. now .. ' ' .. args[2])
  local pinned = string.match(redis.call('HGET', p .. 'pins', q.strategy) or '', '^%S+')
  while redis.call('HLEN', key) > MOST_REVISIONS do
    local oldest, oldest_at
    local all = redis.call('HGETALL', key)
    for i = 1, #all, 2 do
      local at = tonumber(string.match(all[i + 1], '^%d+ (%d+)'))
      if all[i] ~= q.revision and all[i] ~= pinned and (not oldest or at < oldest_at) then oldest, oldest_at = all[i], at end
    end
    redis.call('HDEL', key, oldest)
  end
  if not first then strategies_changed(p) end
  return {'ok', first or now}
end)

-- revisions -> ok, version, then per strategy: name, "pinned revision, revision of its file then" (or ""), list of
-- revision, when it was first loaded.
redis.register_function{function_name = 'xl1_revisions', flags = {'no-writes'}, callback = function(keys)
  local p = prefix(keys)
  local names = redis.call('SMEMBERS', p .. 'strategies')
  table.sort(names)
  local answer = {'ok', redis.call('GET', p .. 'strategies:v') or '0'}
  for _, name in ipairs(names) do
    local all, list = redis.call('HGETALL', p .. 'strategy:' .. name), {}
    for i = 1, #all, 2 do
      list[i] = all[i]
      list[i + 1] = string.match(all[i + 1], '^%d+')
    end
    answer[#answer + 1] = name
    answer[#answer + 1] = redis.call('HGET', p .. 'pins', name) or ''
    answer[#answer + 1] = list
  end
  return answer
end}

-- revision_text {strategy, revision} -> ok, text; UNKNOWN_REVISION.
redis.register_function{function_name = 'xl1_revision_text', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local kept = redis.call('HGET', p .. 'strategy:' .. q.strategy, q.revision)
  if not kept then return refused('UNKNOWN_REVISION', 'strategy', q.strategy, 'revision', q.revision) end
  return {'ok', (string.gsub(kept, '^%d+ %d+ ', '', 1))}
end}

-- pin {strategy, revision, file}: makes a kept revision the live one, over that revision of the file; "" lets go of it
-- -> ok; UNKNOWN_REVISION.
redis.register_function('xl1_pin', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  if q.revision == '' then
    if redis.call('HDEL', p .. 'pins', q.strategy) == 1 then strategies_changed(p) end
    return {'ok'}
  end
  if redis.call('HEXISTS', p .. 'strategy:' .. q.strategy, q.revision) == 0 then
    return refused('UNKNOWN_REVISION', 'strategy', q.strategy, 'revision', q.revision)
  end
  local pin = q.revision .. ' ' .. (q.file == '' and '-' or q.file)
  if redis.call('HGET', p .. 'pins', q.strategy) ~= pin then
    redis.call('HSET', p .. 'pins', q.strategy, pin)
    strategies_changed(p)
  end
  return {'ok'}
end)

-- file_changed {strategy, file}: the file has this revision now: a pin over another one is let go of -> ok.
redis.register_function('xl1_file_changed', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local pin = redis.call('HGET', p .. 'pins', q.strategy)
  if pin and string.match(pin, '%S+$') ~= q.file then
    redis.call('HDEL', p .. 'pins', q.strategy)
    strategies_changed(p)
  end
  return {'ok'}
end)
