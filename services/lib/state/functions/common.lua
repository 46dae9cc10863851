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
--   rev             record revision, grows with each publish
--   dir             revision of the directory record {D}:e:<expert> it was made from
--   active          1, or 0 when retired
--   media           names of his media, joined by ","
--   buckets         JSON list of his waiting buckets: "all", "expert=ann", "skill=mortgage", "group=retail"
--   cap:<medium>    legs at once          use:<medium>   holdings now (I1: the number of r: and w: fields of that medium)
--   rt:<medium>     1 if presence allows the medium
--   state, since    composed presence (number of PresenceState), since when (ms)
--   dnd             1: nothing may be offered
--   bridges         bridges at which a desk speaks for him, joined by ","; empty: no desk
--   idle            ms at which he last held nothing
--   note            what the winning source says beside the state
--   number          at which he takes calls, if a source says one
--   call            1 while he is in a call of ours: he holds a voice leg that is not only wrapped up
--   wrap:<medium>   how many of use:<medium> are legs that are over and wrapped up
--   r:<session>:<leg>   a holding; the value is its medium
-- and what guards.lua says.

local LOG_LENGTH = 200000

local function split(text, separator)
  local parts = {}
  for part in string.gmatch(text or '', '[^' .. separator .. ']+') do parts[#parts + 1] = part end
  return parts
end

-- What readers need of an expert: {rev, dir, active, state, dnd, desk, idle, block, offers, worked, day, note, since,
-- number, guard, call, media = {name = {rt, cap, use, wrap}}}, and why, rt_im, rt_voice as they are written; or nil.
local function load_expert(p, expert)
  local key = p .. 'x:' .. expert
  local f = redis.call('HMGET', key, 'rev', 'dir', 'active', 'media', 'state', 'dnd', 'bridges', 'idle', 'buckets',
                       'block', 'offers', 'worked', 'day', 'note', 'guard', 'since', 'number', 'call', 'why', 'rt:im',
                       'rt:voice')
  if not f[1] then return nil end
  local x = {rev = tonumber(f[1]), dir = tonumber(f[2] or 0), active = f[3] == '1', state = tonumber(f[5] or 6),
             dnd = f[6] == '1', bridges = f[7] or '', idle = tonumber(f[8] or 0), buckets = f[9] or '[]', media = {},
             block = tonumber(f[10] or 0), offers = tonumber(f[11] or 0), worked = tonumber(f[12] or 0),
             day = tonumber(f[13] or 0), note = f[14] or '', guard = f[15] or nil, since = tonumber(f[16] or 0),
             number = f[17] or '', call = f[18] == '1', why = f[19] or '', rt_im = f[20] or '0', rt_voice = f[21] or '0'}
  local names = split(f[4], ',')
  if #names > 0 then
    local ask = {}
    for _, m in ipairs(names) do
      ask[#ask + 1] = 'rt:' .. m
      ask[#ask + 1] = 'cap:' .. m
      ask[#ask + 1] = 'use:' .. m
      ask[#ask + 1] = 'wrap:' .. m
    end
    local v = redis.call('HMGET', key, unpack(ask))
    for i, m in ipairs(names) do
      x.media[m] = {rt = v[4 * i - 3] == '1', cap = tonumber(v[4 * i - 2] or 0), use = tonumber(v[4 * i - 1] or 0),
                    wrap = tonumber(v[4 * i] or 0)}
    end
  end
  return x
end

local OFFLINE = 6

-- Some step or other could get him for a leg of that medium now: one that asks for his state, if presence does not let
-- the medium through.
local function reachable(x, medium)
  local m = x.media[medium]
  return x.active and not x.dnd and x.bridges ~= '' and x.block == 0 and m ~= nil and m.use < m.cap and
         (m.rt or x.state ~= OFFLINE)
end

-- May be offered a leg of that medium now. With `states` (a set of numbers of PresenceState) one of these counts,
-- without it what presence says of the medium.
local function ready(x, medium, states)
  if not reachable(x, medium) then return false end
  if states then return states[x.state] == true end
  return x.media[medium].rt
end

local function flag(value)
  return value and '1' or '0'
end

-- The whole state of an expert as readers get it: "rev dir active state dnd desk idle block offers worked day since number
-- media note", - where there is no number or medium, each medium "name,rt,cap,use,wrap", ";" between them.
local function state_text(x)
  local media = {}
  for name, m in pairs(x.media) do
    media[#media + 1] = table.concat({name, flag(m.rt), m.cap, m.use, m.wrap}, ',')
  end
  return table.concat({int(x.rev), int(x.dir), flag(x.active), x.state, flag(x.dnd), flag(x.bridges ~= ''), int(x.idle),
                       x.block, x.offers, int(x.worked), x.day, int(x.since), x.number == '' and '-' or x.number,
                       #media == 0 and '-' or table.concat(media, ';'), x.note}, ' ')
end

local function in_our_call(x)
  return x.media.voice ~= nil and x.media.voice.use > x.media.voice.wrap
end

-- What the observations of an expert mean is to be composed anew; whoever is at it writes nothing.
local function compose_again(p, expert)
  redis.call('HINCRBY', p .. 'o:' .. expert, ':v', 1)
  redis.call('ZADD', p .. 'pdue', 'LT', '0', expert)
end

-- Writes one entry of {D}:xlog with the whole state of the expert; readers replace what they have. Who begins or ends a
-- call of ours is composed anew: what his sources say of the phone means something else now.
local function publish(p, expert, x)
  local key = p .. 'x:' .. expert
  local call = in_our_call(x)
  if call ~= x.call then
    x.call = call
    redis.call('HSET', key, 'call', flag(call))
    if redis.call('EXISTS', p .. 'o:' .. expert) == 1 then compose_again(p, expert) end
  end
  x.rev = redis.call('HINCRBY', key, 'rev', 1)
  return redis.call('XADD', p .. 'xlog', 'MAXLEN', '~', LOG_LENGTH, '*', 'e', expert, 'x', state_text(x))
end

-- Has whoever waits for somebody like this expert served, after the change `id` was seen. One entry of {D}:wake is
-- enough for all changes until a replica takes it up: {D}:woken HASH, "<medium>:<expert>" = the latest of them.
local function wake(p, expert, medium, id)
  if redis.call('HSET', p .. 'woken', medium .. ':' .. expert, id) == 0 then return end
  redis.call('XADD', p .. 'wake', '*', 'e', expert, 'm', medium)
end

-- Call after an expert was changed: `before` and `after` as load_expert gives them (before may be nil). Publishes;
-- where he became ready for a medium, or is reachable in another state, it marks his buckets as freed and, if anybody
-- waits there who may want him, adds one wake. `seen`: a table that several calls within one function share, so that each
-- asks only once who waits.
local function changed(p, expert, before, after, seen)
  local id = publish(p, expert, after)
  seen = seen or {}
  local function anybody(name, bucket)
    local key = 'wait:' .. name .. ':' .. bucket
    if seen[key] == nil then seen[key] = redis.call('EXISTS', p .. key) == 1 end
    return seen[key]
  end
  local buckets, marks = nil, {}
  for name in pairs(after.media) do
    local now_ready = ready(after, name) and not (before and ready(before, name))
    local other_state = reachable(after, name) and
                        not (before and reachable(before, name) and before.state == after.state)
    if now_ready or other_state then
      local wanted = now_ready or anybody(name, 'states')
      local waited = false
      buckets = buckets or cjson.decode(after.buckets)
      for _, bucket in ipairs(buckets) do
        marks[#marks + 1] = name .. ':' .. bucket
        marks[#marks + 1] = id
        waited = waited or (wanted and anybody(name, bucket))
      end
      if waited then wake(p, expert, name, id) end
    end
  end
  if #marks > 0 then redis.call('HSET', p .. 'freed', unpack(marks)) end
  return id
end

-- A hint to every bridge at which a watcher or a desk of these experts is attached: read the session again.
-- A bridge whose lease ran out gets none.
local function hint(p, session, experts)
  local bridges = {}
  for _, b in ipairs(split(redis.call('HGET', p .. 's:' .. session, 'watchers') or '', ',')) do bridges[b] = true end
  for _, expert in ipairs(experts) do
    for _, b in ipairs(split(redis.call('HGET', p .. 'x:' .. expert, 'bridges') or '', ',')) do bridges[b] = true end
  end
  for bridge in pairs(bridges) do
    if redis.call('ZSCORE', p .. 'bridges', bridge) then
      redis.call('XADD', p .. 'out:' .. bridge, 'MAXLEN', '~', 10000, '*', 's', session)
    end
  end
end
