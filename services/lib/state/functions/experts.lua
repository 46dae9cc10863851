-- The directory of experts, what sources observe of them, and the presence composed of that ----------------------------
-- {D}:experts ZSET       ids of all experts, score 0: pages in order of id
-- {D}:e:<expert> HASH    rev (directory revision), record (serialized v1.Expert without name, state and revision)
-- {D}:x:<expert> HASH    o:<source> = "epoch sequence since expires content": since which version of what is said of him
--                        (obs) it says so, until when it holds (ms, 0: until its next report), serialized
--                        v1.PresenceReport without expert, epoch, sequence and ttl
-- {D}:pdue ZSET          experts by the time (ms) at which they must be composed again: an observation expires, or
--                        whoever took an observation died before he wrote what it means
-- {D}:se:<source> SET    experts of whom a source that keeps itself alive has said something (sources.lua)
-- {D}:lost HASH          lost source -> what it said in this epoch or an earlier one is unknown
-- {D}:gone STRING        highest revision or version any removed expert had; later experts begin above it, so those of an
--                        id never go down

local LOG_LENGTH = 200000           -- entries of {D}:xlog, about
local MOST_SOURCES = 64
local FORGET_MS = 24 * 3600 * 1000  -- an observation that expired so long ago is forgotten, with its epoch
local COMPOSE_MS = 2000             -- by then whoever took an observation has composed, or another one does
local REMEMBER_MS = 10 * 60 * 1000  -- answers by request id

local function remove_expert(p, expert, x)
  local rev = x.rev + 1
  local gone = math.max(tonumber(redis.call('GET', p .. 'gone') or 0), rev, tonumber(x.dir), x.obs + 1)
  redis.call('SET', p .. 'gone', int(gone))
  redis.call('DEL', p .. 'e:' .. expert, p .. 'x:' .. expert, p .. 'h:' .. expert)
  redis.call('ZREM', p .. 'experts', expert)
  redis.call('ZREM', p .. 'pdue', expert)
  redis.call('ZREM', p .. 'xdue', expert)
  redis.call('XADD', p .. 'xlog', '*', 'e', expert, 'gone', '1', 'rev', int(rev))
end

-- Call after a holding of the expert was released and published. True if he was retired and is gone now.
local function drop_if_retired(p, expert)
  local x = load_expert(p, expert)
  if not x or x.active or not holds_nothing(x) then return false end
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
  if not before then redis.call('HSET', key, 'state', floor .. NEW, 'obs', floor) end
  redis.call('HSET', key, 'buckets', buckets)
  if zone ~= '' then redis.call('HSET', p .. 'zones', cjson.decode(guard).zone, zone) end
  set_guard(p, expert, guard)

  local x = load_expert(p, expert)
  local caps, had, media, names = cjson.decode(capacities), media_of(x), {}, {}
  for name, m in pairs(had) do
    if m.use > 0 then caps[name] = caps[name] or 0 end  -- keeps what it holds, takes nothing more
  end
  for name, cap in pairs(caps) do
    names[#names + 1] = name
    media[name] = {cap = cap, use = had[name] and had[name].use or 0, wrap = had[name] and had[name].wrap or 0}
  end
  table.sort(names)
  set_media(x, media, names)
  x.dir = rev
  if mode ~= 'update' then x.active = true end
  if not before then x.since = int(shown_ms(p, now_ms(p))) end
  set_block(p, expert, x, now_ms(p))
  -- In new buckets he is as free as one who has just come.
  changed(p, expert, before and before.buckets == buckets and before or nil, x)
  if request ~= '' then redis.call('SET', answer_key, hash .. ' ' .. rev, 'PX', REMEMBER_MS) end
  return {'ok', rev, outcome}
end)

-- expert -> ok, 1 if he holds a leg and was retired instead. Of an unknown expert: ok, 0.
redis.register_function('xl1_expert_delete', function(keys, args)
  local p, expert = prefix(keys), args[1]
  local before = load_expert(p, expert)
  if not before then return {'ok', '0'} end
  if holds_nothing(before) then
    remove_expert(p, expert, before)
    return {'ok', '0'}
  end
  if before.active then
    local after = load_expert(p, expert)
    after.active = false
    changed(p, expert, before, after)
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

-- {expert, version, 1 if he is in a call of ours, {source, value, ...}}
local function to_compose(p, expert, now)
  local x, key = load_expert(p, expert), p .. 'x:' .. expert
  local all, list = redis.call('HGETALL', key), {}
  for i = 1, #all, 2 do
    local source = string.match(all[i], '^o:(.*)$')
    local expires = source and tonumber(string.match(all[i + 1], '^%d+ %d+ %d+ (%d+) '))
    if source and expires > 0 and expires < now - FORGET_MS then
      redis.call('HDEL', key, all[i])
    elseif source then
      list[#list + 1] = source
      list[#list + 1] = all[i + 1]
    end
  end
  return {expert, x.obs, flag(in_our_call(media_of(x))), list}
end

-- How many sources have said something of him.
local function count_sources(p, expert)
  local count = 0
  for _, field in ipairs(redis.call('HKEYS', p .. 'x:' .. expert)) do
    if string.sub(field, 1, 2) == 'o:' then count = count + 1 end
  end
  return count
end

-- What was lost so far, for those who compose: how often that changed, {lost source, epoch, ...}.
local function all_lost(p)
  return {redis.call('GET', p .. 'losses') or '0', redis.call('HGETALL', p .. 'lost')}
end

-- Whether a source keeps itself alive; asked once a call.
local function leased(p, source, seen)
  if seen[source] == nil then seen[source] = redis.call('EXISTS', p .. 'src:' .. source) == 1 end
  return seen[source]
end

-- Writes what is said of an expert, `x` as load_expert has just given him; `fields` of him are not written yet.
local function present(p, now, expert, x, fields, presence, why, round)
  if x.why ~= why then
    fields[#fields + 1] = 'why'
    fields[#fields + 1] = why
  end
  if x.presence == presence then
    if #fields > 0 then redis.call('HSET', p .. 'x:' .. expert, unpack(fields)) end
    return
  end
  local after = set_presence(setmetatable({}, {__index = x}), presence)
  if after.state ~= x.state then after.since = int(shown_ms(p, now)) end
  changed(p, expert, x, after, fields, round)
end

-- Takes one report: taken | stale | full | unknown; or again: he must be composed again; or written: he is as the
-- reporter composed him. `call`: {now, losses, round, leased, due} of all reports of the call.
local function observe(p, call, expert, source, epoch, sequence, ttl, content, assumed, holds, presence, why)
  local key, field, now = p .. 'x:' .. expert, 'o:' .. source, call.now
  local f = read_expert(p, expert, field)
  if not f[1] then return 'unknown' end
  local old, since, new, expires = f[6], nil, true, ttl == '0' and 0 or now + math.max(0, tonumber(ttl))
  if old then
    local old_epoch, old_sequence, old_since, until_ms, at = string.match(old, '^(%d+) (%d+) (%d+) (%d+) ()')
    if sequence == '+' then epoch, sequence = old_epoch, int(tonumber(old_sequence) + 1) end
    if number_less(epoch, old_epoch) or (epoch == old_epoch and number_less(sequence, old_sequence)) then return 'stale' end
    new = epoch ~= old_epoch
    local old_expires = tonumber(until_ms)
    local same = ttl ~= '-1' and (old_expires == 0 or old_expires > now) and string.sub(old, at) == content
    if same then since = old_since end
    -- What was said in another epoch may have been lost.
    if same and not new and (expires == 0 or (old_expires > 0 and expires >= old_expires)) then
      redis.call('HSET', key, field, epoch .. ' ' .. sequence .. ' ' .. since .. ' ' .. int(expires) .. ' ' .. content)
      return 'taken'
    end
  else
    if count_sources(p, expert) >= MOST_SOURCES then return 'full' end
    if sequence == '+' then sequence = '1' end
  end
  local x = load_expert(p, expert, f)
  if x.guard and acted(p, expert, now, call.round) then x = load_expert(p, expert) end
  if new and leased(p, source, call.leased) then redis.call('SADD', p .. 'se:' .. source, expert) end
  local version = int(x.obs + 1)
  local said = epoch .. ' ' .. sequence .. ' ' .. (since or version) .. ' ' .. int(expires) .. ' ' .. content
  if assumed ~= x.obs .. ' ' .. call.losses or (holds ~= '0' and tonumber(holds) <= now) then
    redis.call('HSET', key, field, said, 'obs', version)
    return 'again'
  end
  present(p, now, expert, x, {field, said, 'obs', version}, presence, why, call.round)
  if expires > 0 and (holds == '0' or expires < tonumber(holds)) then holds = int(expires) end
  if holds ~= '0' then
    call.due[#call.due + 1] = holds
    call.due[#call.due + 1] = expert
  end
  return 'written'
end

-- Up to 256 times: expert, source, epoch, sequence (or + for the one after the last), ttl in ms (0: none, -1: it says
-- nothing any more), content, and what he is by that: composed of "version losses" of what was said and lost before ('':
-- not composed), until when that holds (ms, 0: until somebody says something else) beside the ttl, presence, why. That is
-- written if all of it is still so; otherwise he is to be composed by the caller.
-- -> ok, now, list of outcomes (taken | written | again | stale | unknown | full), list of what is to be composed, all_lost().
redis.register_function('xl1_observe', function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  local call = {now = now, losses = redis.call('GET', p .. 'losses') or '0', round = new_round(), leased = {}, due = {}}
  local outcomes, again, soon = {}, {}, {}
  for i = 1, #args, 10 do
    local expert = args[i]
    local outcome = observe(p, call, unpack(args, i, i + 9))
    outcomes[#outcomes + 1] = outcome
    if outcome == 'again' and not again[expert] then
      again[expert] = true
      again[#again + 1] = expert
      soon[#soon + 1] = int(now + COMPOSE_MS)
      soon[#soon + 1] = expert
    end
  end
  if #call.due > 0 then redis.call('ZADD', p .. 'pdue', unpack(call.due)) end
  if #soon > 0 then redis.call('ZADD', p .. 'pdue', 'LT', unpack(soon)) end
  end_round(p, call.round)
  local compose = {}
  for i, expert in ipairs(again) do compose[i] = to_compose(p, expert, now) end
  return {'ok', int(now), outcomes, compose, #again > 0 and all_lost(p) or {}}
end)

-- Any number of times: expert, version of what it was composed of, when to compose again (ms, 0: never), presence, why
-- -> ok. Written only if that is still what is said of him; otherwise whoever changed it writes what it means now.
redis.register_function('xl1_present', function(keys, args)
  local p = prefix(keys)
  local now, round, over, due = now_ms(p), new_round(), {}, {}
  for i = 1, #args, 5 do
    local expert, version, again, presence, why = unpack(args, i, i + 4)
    local x = load_expert(p, expert)
    if x and x.obs == version then
      present(p, now, expert, x, {}, presence, why, round)
      if again == '0' then
        over[#over + 1] = expert
      else
        due[#due + 1] = again
        due[#due + 1] = expert
      end
    end
  end
  end_round(p, round)
  if #over > 0 then redis.call('ZREM', p .. 'pdue', unpack(over)) end
  if #due > 0 then redis.call('ZADD', p .. 'pdue', unpack(due)) end
  return {'ok'}
end)

-- most -> ok, now, list of what must be composed now, all_lost(). It comes again if nobody writes what it means. Called
-- several times a second as long as there are experts, so it also keeps the change log short.
redis.register_function('xl1_presence_due', function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  local list = {}
  redis.call('XTRIM', p .. 'xlog', 'MAXLEN', '~', LOG_LENGTH)
  for _, expert in ipairs(redis.call('ZRANGEBYSCORE', p .. 'pdue', '-inf', int(now), 'LIMIT', 0, args[1])) do
    if redis.call('EXISTS', p .. 'x:' .. expert) == 0 then
      redis.call('ZREM', p .. 'pdue', expert)
    else
      redis.call('HINCRBY', p .. 'x:' .. expert, 'obs', 1)
      redis.call('ZADD', p .. 'pdue', int(now + COMPOSE_MS), expert)
      list[#list + 1] = to_compose(p, expert, now)
    end
  end
  return {'ok', int(now), list, #list > 0 and all_lost(p) or {}}
end)
