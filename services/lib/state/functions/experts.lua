-- The directory of experts, what sources observe of them, and the presence composed of that ----------------------------
-- {D}:experts ZSET       ids of all experts, score 0: pages in order of id
-- {D}:e:<expert> HASH    rev (directory revision), record (serialized v1.Expert without name, state and revision)
-- {D}:x:<expert> HASH    also: since (ms since when the state is so), why (serialized v1.Presence: winner, losers, reason,
--                        note). rt:im and rt:voice are there whatever his media are; other media are routable like im.
-- {D}:o:<expert> HASH    <source> = "epoch sequence since expires content": since when (ms) it says so, until when it
--                        holds (ms, 0: until its next report), serialized v1.PresenceReport without expert, epoch,
--                        sequence and ttl; `:v` = version, grows when what the observations say together may differ
-- {D}:pdue ZSET          experts by the time (ms) at which they must be composed again: an observation expires, or
--                        whoever took an observation died before he wrote what it means
-- {D}:se:<source> SET    experts of whom a source that keeps itself alive has said something (sources.lua)
-- {D}:lost HASH          lost source -> what it said in this epoch or an earlier one is unknown
-- {D}:gone STRING        highest revision any removed expert had; later experts begin above it, so the revision of an id
--                        never goes down

local MOST_SOURCES = 64
local FORGET_MS = 24 * 3600 * 1000  -- an observation that expired so long ago is forgotten, with its epoch
local COMPOSE_MS = 2000             -- by then whoever took an observation has composed, or another one does
local REMEMBER_MS = 10 * 60 * 1000  -- answers by request id

local function in_use(x)
  for _, m in pairs(x.media) do
    if m.use > 0 then return true end
  end
  return false
end

local function remove_expert(p, expert, x)
  local rev = x.rev + 1
  local gone = math.max(tonumber(redis.call('GET', p .. 'gone') or 0), rev, x.dir)
  redis.call('SET', p .. 'gone', int(gone))
  redis.call('DEL', p .. 'e:' .. expert, p .. 'x:' .. expert, p .. 'o:' .. expert, p .. 'h:' .. expert)
  redis.call('ZREM', p .. 'experts', expert)
  redis.call('ZREM', p .. 'pdue', expert)
  redis.call('ZREM', p .. 'xdue', expert)
  redis.call('XADD', p .. 'xlog', 'MAXLEN', '~', LOG_LENGTH, '*', 'e', expert, 'gone', '1', 'rev', int(rev))
end

-- Call after a holding of the expert was released and published. True if he was retired and is gone now.
local function drop_if_retired(p, expert)
  local x = load_expert(p, expert)
  if not x or x.active or in_use(x) then return false end
  remove_expert(p, expert, x)
  return true
end

-- expert, record, if_revision (or ''), mode, capacities (JSON, medium to number), buckets (JSON list), dry (1: change
-- nothing), request id (or ''), hash of the request, guard rails (JSON, or ''), table of their zone (JSON, or '')
-- -> ok, revision, created | updated | unchanged.
-- mode: create refuses an active expert, update refuses an unknown one, put does either.
redis.register_function('xl1_expert_put', function(keys, args)
  local p = prefix(keys)
  local expert, record, if_revision, mode, capacities, buckets, dry, request, hash, guard, zone = unpack(args)
  local answer_key = p .. 'idem:expert:' .. request
  if request ~= '' then
    local known_hash, known_rev = string.match(redis.call('GET', answer_key) or '', '^(%S+) (%d+)$')
    if known_hash and known_hash ~= hash then return refused('REQUEST_ID_REUSED', 'request_id', request) end
    if known_hash then return {'ok', known_rev, 'created'} end
  end
  local key = p .. 'x:' .. expert
  local e = redis.call('HMGET', p .. 'e:' .. expert, 'rev', 'record')
  local before = load_expert(p, expert)
  if mode == 'create' and before and before.active then return refused('EXPERT_EXISTS', 'expert', expert) end
  if mode == 'update' and not before then return refused('UNKNOWN_EXPERT', 'expert', expert) end
  if if_revision ~= '' and if_revision ~= (e[1] or '0') then
    return refused('REVISION_MISMATCH', 'expected', if_revision, 'actual', e[1] or '0')
  end
  local stays = before ~= nil and (before.active or mode == 'update')
  if stays and e[2] == record then return {'ok', e[1], 'unchanged'} end
  local outcome = stays and 'updated' or 'created'
  if dry == '1' then return {'ok', e[1] or '0', outcome} end

  local floor = redis.call('GET', p .. 'gone') or '0'
  local rev = int(tonumber(e[1] or floor) + 1)
  redis.call('HSET', p .. 'e:' .. expert, 'rev', rev, 'record', record)
  redis.call('ZADD', p .. 'experts', 0, expert)
  if not before then redis.call('HSET', key, 'rev', floor, 'since', int(now_ms(p))) end

  local caps = cjson.decode(capacities)
  for name, m in pairs(before and before.media or {}) do
    if not caps[name] and m.use > 0 then
      caps[name] = 0  -- keeps what it holds, takes nothing more
    elseif not caps[name] then
      redis.call('HDEL', key, 'cap:' .. name, 'use:' .. name, 'wrap:' .. name)
    end
  end
  local active = (mode ~= 'update' or before.active) and '1' or '0'
  local fields = {'dir', rev, 'active', active, 'buckets', buckets}
  local rt = redis.call('HMGET', key, 'rt:im', 'rt:voice')
  local names = {}
  for name, cap in pairs(caps) do
    names[#names + 1] = name
    fields[#fields + 1] = 'cap:' .. name
    fields[#fields + 1] = int(cap)
    fields[#fields + 1] = 'rt:' .. name
    fields[#fields + 1] = (name == 'voice' and rt[2] or name ~= 'voice' and rt[1]) or '0'
  end
  table.sort(names)
  fields[#fields + 1] = 'media'
  fields[#fields + 1] = table.concat(names, ',')
  redis.call('HSET', key, unpack(fields))
  if zone ~= '' then redis.call('HSET', p .. 'zones', cjson.decode(guard).zone, zone) end
  set_guard(p, expert, guard)
  -- In new buckets he is as free as one who has just come.
  local comparable = before and before.buckets == buckets and before or nil
  local after = load_expert(p, expert)
  set_block(p, expert, after, now_ms(p))
  changed(p, expert, comparable, after)
  if request ~= '' then redis.call('SET', answer_key, hash .. ' ' .. rev, 'PX', REMEMBER_MS) end
  return {'ok', rev, outcome}
end)

-- expert -> ok, 1 if he holds a leg and was retired instead. Of an unknown expert: ok, 0.
redis.register_function('xl1_expert_delete', function(keys, args)
  local p, expert = prefix(keys), args[1]
  local before = load_expert(p, expert)
  if not before then return {'ok', '0'} end
  if not in_use(before) then
    remove_expert(p, expert, before)
    return {'ok', '0'}
  end
  if before.active then
    redis.call('HSET', p .. 'x:' .. expert, 'active', '0')
    changed(p, expert, before, load_expert(p, expert))
  end
  return {'ok', '1'}
end)

-- {id, directory revision, record, state_text, why}, or nil.
local function view(p, expert)
  local x = load_expert(p, expert)
  local e = redis.call('HMGET', p .. 'e:' .. expert, 'rev', 'record')
  if not x or not e[1] then return nil end
  return {expert, e[1], e[2], state_text(x), x.why}
end

local function views(p, experts)
  local list = {}
  for _, expert in ipairs(experts) do list[#list + 1] = view(p, expert) end
  return {'ok', list}
end

-- after (an id, or ''), most -> ok, list of views in order of id.
redis.register_function{function_name = 'xl1_experts', flags = {'no-writes'}, callback = function(keys, args)
  local p = prefix(keys)
  local from = args[1] == '' and '-' or '(' .. args[1]
  return views(p, redis.call('ZRANGEBYLEX', p .. 'experts', from, '+', 'LIMIT', 0, args[2]))
end}

-- experts... -> ok, list of views of those that are in the directory.
redis.register_function{function_name = 'xl1_expert_views', flags = {'no-writes'}, callback = function(keys, args)
  return views(prefix(keys), args)
end}

-- Numbers of up to 64 bits as text without leading zeros; a Lua number holds only 53 bits.
local function number_less(a, b)
  if #a ~= #b then return #a < #b end
  return a < b
end

-- What is known of an expert: {version, call, missed, values = {source = value}, count}, or nil.
local function load_observations(p, expert)
  local x = redis.call('HMGET', p .. 'x:' .. expert, 'dir', 'missed', 'call')
  if not x[1] then return nil end
  local o = {missed = (x[2] or '0') ~= '0', call = x[3] or '0', version = 0, values = {}, count = 0}
  local all = redis.call('HGETALL', p .. 'o:' .. expert)
  for i = 1, #all, 2 do
    if all[i] == ':v' then
      o.version = tonumber(all[i + 1])
    else
      o.values[all[i]] = all[i + 1]
      o.count = o.count + 1
    end
  end
  return o
end

-- {expert, version, 1 if he is in a call of ours, {source, value, ...}}
local function to_compose(p, expert, o, now)
  local list = {}
  for source, value in pairs(o.values) do
    local expires = tonumber(string.match(value, '^%d+ %d+ %d+ (%d+) ') or 0)
    if expires > 0 and expires < now - FORGET_MS then
      redis.call('HDEL', p .. 'o:' .. expert, source)
    else
      list[#list + 1] = source
      list[#list + 1] = value
    end
  end
  return {expert, int(o.version), o.call, list}
end

-- Whether a source keeps itself alive; asked once a call.
local function leased(p, source, seen)
  if seen[source] == nil then seen[source] = redis.call('EXISTS', p .. 'src:' .. source) == 1 end
  return seen[source]
end

-- Takes one report: taken | stale | full, and whether the expert must be composed again.
local function observe(p, now, expert, o, seen, source, epoch, sequence, ttl, content)
  local key, old = p .. 'o:' .. expert, o.values[source]
  local since, repeated, new = int(now), false, true
  if old then
    local old_epoch, old_sequence, old_since, old_expires, old_content = string.match(old, '^(%d+) (%d+) (%d+) (%d+) (.*)$')
    if sequence == '+' then epoch, sequence = old_epoch, int(tonumber(old_sequence) + 1) end
    if number_less(epoch, old_epoch) or (epoch == old_epoch and number_less(sequence, old_sequence)) then
      return 'stale', false
    end
    new = epoch ~= old_epoch
    local same = ttl ~= '-1' and old_content == content and (old_expires == '0' or tonumber(old_expires) > now)
    if same then since = old_since end
    repeated = same and not new  -- what was said in another epoch may have been lost
  elseif o.count >= MOST_SOURCES then
    return 'full', false
  else
    o.count = o.count + 1
    if sequence == '+' then sequence = '1' end
  end
  if new and leased(p, source, seen) then redis.call('SADD', p .. 'se:' .. source, expert) end
  local expires = 0
  if ttl == '-1' then
    expires = now
  elseif ttl ~= '0' then
    expires = now + tonumber(ttl)
  end
  o.values[source] = table.concat({epoch, sequence, since, int(expires), content}, ' ')
  if repeated then
    redis.call('HSET', key, source, o.values[source])
    if expires > 0 then redis.call('ZADD', p .. 'pdue', 'LT', int(expires), expert) end
    return 'taken', false
  end
  if o.missed then
    o.missed = false
    acted(p, expert, now)
  end
  o.version = o.version + 1
  redis.call('HSET', key, source, o.values[source], ':v', int(o.version))
  return 'taken', true
end

-- Up to 256 times: expert, source, epoch, sequence (or + for the one after the last), ttl in ms (0: none, -1: it says
-- nothing any more), content
-- -> ok, now, list of outcomes (taken | stale | unknown | full), list of what is to be composed, {lost source, epoch, ...}.
redis.register_function('xl1_observe', function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  local outcomes, known, touched, compose, seen, due = {}, {}, {}, {}, {}, {}
  for i = 1, #args, 6 do
    local expert = args[i]
    if known[expert] == nil then known[expert] = load_observations(p, expert) or false end
    local outcome, again = 'unknown', false
    if known[expert] then outcome, again = observe(p, now, expert, known[expert], seen, unpack(args, i + 1, i + 5)) end
    outcomes[#outcomes + 1] = outcome
    if again and not touched[expert] then
      touched[expert] = true
      compose[#compose + 1] = expert
      due[#due + 1] = int(now + COMPOSE_MS)
      due[#due + 1] = expert
    end
  end
  if #due > 0 then redis.call('ZADD', p .. 'pdue', 'LT', unpack(due)) end
  for i, expert in ipairs(compose) do compose[i] = to_compose(p, expert, known[expert], now) end
  return {'ok', int(now), outcomes, compose, #compose > 0 and redis.call('HGETALL', p .. 'lost') or {}}
end)

-- The same expert with what was composed of him.
local function with_presence(x, state, dnd, im, voice, note, number, now)
  local after = {}
  for name, value in pairs(x) do after[name] = value end
  after.state, after.dnd, after.note, after.number = state, dnd == '1', note, number
  if x.state ~= state then after.since = now end
  after.media = {}
  for name, m in pairs(x.media) do
    after.media[name] = {rt = (name == 'voice' and voice or im) == '1', cap = m.cap, use = m.use, wrap = m.wrap}
  end
  return after
end

-- Any number of times: expert, version of the observations it was composed of, state, dnd, im, voice (0 or 1), when to
-- compose again (ms, 0: never), note, number, why -> ok. Written only if the observations are still those; otherwise
-- whoever changed them writes what they mean now.
redis.register_function('xl1_present', function(keys, args)
  local p = prefix(keys)
  local now, seen, over, due = now_ms(p), {}, {}, {}
  for i = 1, #args, 10 do
    local expert, version, state, dnd, im, voice, again, note, number, why = unpack(args, i, i + 9)
    state = tonumber(state)
    local before = redis.call('HGET', p .. 'o:' .. expert, ':v') == version and load_expert(p, expert)
    if before then
      local fields = {}
      if before.why ~= why then fields = {'why', why} end
      local differs = before.rt_im ~= im or before.rt_voice ~= voice or before.state ~= state or
                      flag(before.dnd) ~= dnd or before.note ~= note or before.number ~= number
      local after = nil
      if differs then
        after = with_presence(before, state, dnd, im, voice, note, number, now)
        for _, pair in ipairs({{'state', state}, {'dnd', dnd}, {'rt:im', im}, {'rt:voice', voice}, {'note', note},
                               {'number', number}, {'since', int(after.since)}}) do
          fields[#fields + 1] = pair[1]
          fields[#fields + 1] = pair[2]
        end
        for name in pairs(before.media) do
          if name ~= 'im' and name ~= 'voice' then
            fields[#fields + 1] = 'rt:' .. name
            fields[#fields + 1] = im
          end
        end
      end
      if #fields > 0 then redis.call('HSET', p .. 'x:' .. expert, unpack(fields)) end
      if differs then changed(p, expert, before, after, seen) end
      if again == '0' then
        over[#over + 1] = expert
      else
        due[#due + 1] = again
        due[#due + 1] = expert
      end
    end
  end
  if #over > 0 then redis.call('ZREM', p .. 'pdue', unpack(over)) end
  if #due > 0 then redis.call('ZADD', p .. 'pdue', unpack(due)) end
  return {'ok'}
end)

-- most -> ok, now, list of what must be composed now, {lost source, epoch, ...}. It comes again if nobody writes what it
-- means.
redis.register_function('xl1_presence_due', function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  local list = {}
  for _, expert in ipairs(redis.call('ZRANGEBYSCORE', p .. 'pdue', '-inf', int(now), 'LIMIT', 0, args[1])) do
    local o = load_observations(p, expert)
    if not o then
      redis.call('ZREM', p .. 'pdue', expert)
    else
      o.version = o.version + 1
      redis.call('HSET', p .. 'o:' .. expert, ':v', int(o.version))
      redis.call('ZADD', p .. 'pdue', int(now + COMPOSE_MS), expert)
      list[#list + 1] = to_compose(p, expert, o, now)
    end
  end
  return {'ok', int(now), list, #list > 0 and redis.call('HGETALL', p .. 'lost') or {}}
end)
