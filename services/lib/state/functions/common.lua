-- Shared by all functions: keys, the store's clock, ids of the change log, experts' records, hints.
--
-- Every function takes KEYS[1] = "{D}:clock", which fixes the cluster slot; all other keys carry the same tag and are
-- derived from it. Answers are arrays of strings: {"ok", ...} or {"refused", REASON, key, value, ...} where REASON is an
-- ErrorReason of the contract without its prefix.

local function prefix(keys)
  return string.sub(keys[1], 1, -6)  -- without "clock"
end

local function refused(reason, ...)
  return {'refused', reason, ...}
end

local function wall_ms()
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- The store's clock in ms. Only tick writes it and only tick may cross more than 2 s; a host clock that steps back
-- stands still here. So a jump of the host's clock or a store that was down fires no timer early.
local MOST_STEP_MS = 2000
local function now_ms(p)
  local c = redis.call('HMGET', p .. 'clock', 'wall', 'now')
  local wall = wall_ms()
  if not c[1] then return wall end
  return tonumber(c[2]) + math.min(math.max(wall - tonumber(c[1]), 0), MOST_STEP_MS)
end

-- A moment of that clock as wall-clock time, which people are shown.
local function shown_ms(p, ms)
  return ms + tonumber(redis.call('HGET', p .. 'clock', 'offset') or 0)
end

-- Whole numbers to text without an exponent.
local function int(n)
  return string.format('%d', n)
end

-- Ids of streams, "ms-seq", are ordered as pairs of numbers.
local function id_less(a, b)
  local am, as = string.match(a, '^(%d+)%-(%d+)$')
  local bm, bs = string.match(b, '^(%d+)%-(%d+)$')
  if am ~= bm then return tonumber(am) < tonumber(bm) end
  return tonumber(as) < tonumber(bs)
end

-- Experts -------------------------------------------------------------------------------------------------------------
-- {D}:x:<expert> HASH
--   state           all that readers get, as one text, see state_text(); written by publish() only
--   o:<source>      what a source says of him, see experts.lua
--   obs             version of what is said of him, grows when it may mean something else
--   why             serialized v1.Presence: winner, losers, reason, note
--   buckets         JSON list of his waiting buckets: "all", "expert=ann", "skill=mortgage", "group=retail"
--   bridges         bridges at which a desk speaks for him, joined by ","
--   r:<session>:<leg>   a holding; the value is its medium
-- and what guards.lua says.

local OFFLINE = 6

local function split(text, separator)
  local parts = {}
  for part in string.gmatch(text or '', '[^' .. separator .. ']+') do parts[#parts + 1] = part end
  return parts
end

local function flag(value)
  return value and '1' or '0'
end

-- "rev dir active desk idle block offers worked day since media presence":
--   rev             revision of this record, grows with each publish
--   dir             revision of the directory record {D}:e:<expert> it was made from
--   active          1, or 0 when retired
--   desk            1 if a desk speaks for him
--   idle            ms at which he last held nothing
--   block, offers, worked, day   see guards.lua
--   since           since when (ms of wall-clock time) he is in the state that presence says
--   media           of each of his media, in order of name, "name,capacity,use,wrap", ";" between them: legs at once,
--                   holdings now (I1: the number of r: and w: fields of that medium), how many of these are legs that are
--                   over and wrapped up; - if he has none
--   presence        what was composed, "state dnd im voice number note": number of PresenceState; 1: nothing may be
--                   offered; 1: presence allows IM, and all media that are not voice; 1: voice; at which he takes calls, -
--                   if no source says one; what the winning source says beside the state
local function state_text(x)
  return int(x.rev) .. ' ' .. x.dir .. ' ' .. flag(x.active) .. ' ' .. flag(x.desk) .. ' ' .. x.idle .. ' ' .. x.block ..
         ' ' .. x.offers .. ' ' .. x.worked .. ' ' .. x.day .. ' ' .. x.since .. ' ' .. x.media .. ' ' .. x.presence
end
local STATE = '^(%d+) (%d+) (%d) (%d) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$'
local NEW = ' 0 1 0 0 0 0 0 0 0 - 6 0 0 0 - '  -- after the revision: offline, nothing composed

-- `x` with what was composed: also state, dnd, im, voice.
local function set_presence(x, presence)
  local state, _, dnd, _, im, _, voice = string.byte(presence, 1, 7)
  x.presence, x.state, x.dnd, x.im, x.voice = presence, state - 48, dnd == 49, im == 49, voice == 49  -- digits
  return x
end

-- The fields that load_expert() needs, and `also`.
local function read_expert(p, expert, also)
  return redis.call('HMGET', p .. 'x:' .. expert, 'state', 'obs', 'why', 'buckets', 'guard', also)
end

-- An expert: what his state says, and obs, why, buckets, guard (or nil) as they are written; or nil. Numbers that are only
-- passed on stay texts. `f`: what read_expert() gave, if it was asked already.
local function load_expert(p, expert, f)
  f = f or read_expert(p, expert, 'state')
  if not f[1] then return nil end
  local rev, dir, active, desk, idle, block, offers, worked, day, since, media, presence = string.match(f[1], STATE)
  return set_presence({rev = rev, dir = dir, active = active == '1', desk = desk == '1', idle = idle, block = block,
                       offers = offers, worked = worked, day = day, since = since, media = media, obs = f[2],
                       why = f[3] or '', buckets = f[4], guard = f[5] or nil}, presence)
end

-- His media: name to {cap, use, wrap}, and their names in order.
local function media_of(x)
  local media, names = {}, {}
  for name, cap, use, wrap in string.gmatch(x.media, '([^,;]+),(%d+),(%d+),(%d+)') do
    names[#names + 1] = name
    media[name] = {cap = tonumber(cap), use = tonumber(use), wrap = tonumber(wrap)}
  end
  return media, names
end

local function set_media(x, media, names)
  local list = {}
  for i, name in ipairs(names) do
    local m = media[name]
    list[i] = table.concat({name, m.cap, m.use, m.wrap}, ',')
  end
  x.media = #list == 0 and '-' or table.concat(list, ';')
end

-- He holds a voice leg that is not only wrapped up.
local function in_our_call(media)
  return media.voice ~= nil and media.voice.use > media.voice.wrap
end

-- What is said of an expert may mean something else now: whoever composes it at the moment writes nothing, and it is
-- composed anew.
local function compose_again(p, expert)
  redis.call('HINCRBY', p .. 'x:' .. expert, 'obs', 1)
  redis.call('ZADD', p .. 'pdue', 'LT', '0', expert)
end

-- Counts a holding of the expert more or less (I1), or one that he begins or ceases to wrap up. Who begins or ends a call
-- of ours is composed anew: what his sources say of the phone means something else now. Whoever calls it publishes.
local function count_holding(p, expert, x, medium, use, wrap)
  local media, names = media_of(x)
  local m, call = media[medium], in_our_call(media)
  m.use, m.wrap = m.use + use, m.wrap + wrap
  set_media(x, media, names)
  if in_our_call(media) ~= call then compose_again(p, expert) end
end

local function holds_nothing(x)
  for _, m in pairs(media_of(x)) do
    if m.use > 0 then return false end
  end
  return true
end

-- Presence allows the medium.
local function routable(x, medium)
  if medium == 'voice' then return x.voice end
  return x.im
end

-- Nothing but presence or capacity for a medium keeps him from it.
local function open_to_offers(x)
  return x.active and not x.dnd and x.desk and x.block == '0'
end

-- Some step or other could get him for a leg of that medium now: one that asks for his state, if presence does not let
-- the medium through. `m`: that of media_of(), or nil.
local function reachable(x, medium, m)
  return open_to_offers(x) and m ~= nil and m.use < m.cap and (routable(x, medium) or x.state ~= OFFLINE)
end

-- May be offered a leg of that medium now. With `states` (a set of numbers of PresenceState) one of these counts,
-- without it what presence says of the medium.
local function ready(x, medium, m, states)
  if not reachable(x, medium, m) then return false end
  if states then return states[x.state] == true end
  return routable(x, medium)
end

-- Writes the state of an expert, and as an entry of {D}:xlog; readers replace what they have. xl1_presence_due trims it. `x` is as load_expert gave
-- him in this call and changed since; `fields` (name, value, ...) are written with it.
local function publish(p, expert, x, fields)
  x.rev = x.rev + 1
  local text = state_text(x)
  redis.call('HSET', p .. 'x:' .. expert, 'state', text, unpack(fields or {}))
  return redis.call('XADD', p .. 'xlog', '*', 'e', expert, 'x', text)
end

-- Has whoever waits for somebody like this expert served, after the change `id` was seen. One entry of {D}:wake is
-- enough for all changes until a replica takes it up: {D}:woken HASH, "<medium>:<expert>" = the latest of them.
local function wake(p, expert, medium, id)
  if redis.call('HSET', p .. 'woken', medium .. ':' .. expert, id) == 0 then return end
  redis.call('XADD', p .. 'wake', '*', 'e', expert, 'm', medium)
end

-- What several calls of changed() within one function share: who waits is asked once, and what was freed is written once.
local function new_round()
  return {waits = {}, freed = {}}
end

local MOST_MARKS = 1000  -- fields of one command
local function end_round(p, round)
  local marks = {}
  for bucket, id in pairs(round.freed) do
    marks[#marks + 1] = bucket
    marks[#marks + 1] = id
    if #marks >= 2 * MOST_MARKS then
      redis.call('HSET', p .. 'freed', unpack(marks))
      marks = {}
    end
  end
  if #marks > 0 then redis.call('HSET', p .. 'freed', unpack(marks)) end
end

-- Call after an expert was changed: `before` and `after` as load_expert gives them (before may be nil), `fields` as
-- publish() has them. Publishes; where he became ready for a medium, or is reachable in another state, it marks his buckets
-- as freed and, if anybody waits there who may want him, adds one wake. With `round` (new_round()) the marks are written
-- by end_round().
local function changed(p, expert, before, after, fields, round)
  local id = publish(p, expert, after, fields)
  if not open_to_offers(after) then return id end
  local own = round == nil
  round = round or new_round()
  local function anybody(name, bucket)
    local key = 'wait:' .. name .. ':' .. bucket
    if round.waits[key] == nil then round.waits[key] = redis.call('EXISTS', p .. key) == 1 end
    return round.waits[key]
  end
  local media = media_of(after)
  local buckets, had = nil, before and before.media ~= after.media and media_of(before) or media
  for name, m in pairs(media) do
    local now_ready = ready(after, name, m) and not (before and ready(before, name, had[name]))
    local other_state = reachable(after, name, m) and
                        not (before and reachable(before, name, had[name]) and before.state == after.state)
    if now_ready or other_state then
      local wanted = now_ready or anybody(name, 'states')
      local waited = false
      buckets = buckets or cjson.decode(after.buckets)
      for _, bucket in ipairs(buckets) do
        round.freed[name .. ':' .. bucket] = id
        waited = waited or (wanted and anybody(name, bucket))
      end
      if waited then wake(p, expert, name, id) end
    end
  end
  if own then end_round(p, round) end
  return id
end

-- The bridges at which a desk speaks for an expert.
local function bridges_of(p, expert)
  return split(redis.call('HGET', p .. 'x:' .. expert, 'bridges') or '', ',')
end

-- To a bridge: read the session (`s`, `k` if only marks have changed) or the expert (`x`) again; somebody is typing (`t`).
-- One whose lease ran out gets none.
local function send_hint(p, bridge, what, id)
  if redis.call('ZSCORE', p .. 'bridges', bridge) then
    redis.call('XADD', p .. 'out:' .. bridge, 'MAXLEN', '~', 10000, '*', what, id)
  end
end

-- A hint to every bridge at which a watcher or a desk of these experts is attached: read the session again, or another one.
local function hint(p, session, experts, what, id)
  local bridges = {}
  for _, b in ipairs(split(redis.call('HGET', p .. 's:' .. session, 'watchers') or '', ',')) do bridges[b] = true end
  for _, expert in ipairs(experts) do
    for _, b in ipairs(bridges_of(p, expert)) do bridges[b] = true end
  end
  for bridge in pairs(bridges) do send_hint(p, bridge, what or 's', id or session) end
end
