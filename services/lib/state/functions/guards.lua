-- Guard rails: what protects an expert from too much, whatever a strategy says --------------------------------------------
-- {D}:x:<expert> HASH, also:
--   guard           JSON {hour, day = most offers, cool = ms after a decline, pause = time-outs in a row,
--                   wrap = {medium = ms}, zone, hours = [[from, to], ...] minutes of the week from Monday on, in order};
--                   what is absent is no limit, and so is the whole
--   cool            until when (ms) he cools down     missed     offers in a row that ran out
--   hour_until      when (ms) the oldest of the offers he may have within an hour is an hour old
--   w:<session>:<leg>   a leg that is over and wrapped up; the value is its medium
-- and in his state:
--   block           the guard rail that keeps offers from him now: number of v1.Block, 0: none
--   day             day of `offers` and `worked`: days since 1970-01-01 in his zone
--   offers, worked  offers made to him on that day, ms he was on legs on it
-- {D}:h:<expert> LIST   when (ms) his latest offers were made, as many as he may have within an hour
-- {D}:zones HASH        time zone -> JSON [[from, ms ahead of UTC], ...]: from (wall-clock ms) on it is so, in order
-- {D}:xdue ZSET         experts by the time (ms) at which their block may change by time alone

local BLOCK_OFF_HOURS, BLOCK_COOL_DOWN, BLOCK_PAUSED, BLOCK_HOUR_LIMIT, BLOCK_DAY_LIMIT = 1, 2, 3, 4, 5
local MINUTE, HOUR, DAY, WEEK = 60000, 3600000, 86400000, 604800000
local FIRST_MONDAY = 3 * DAY  -- the week of 1970-01-01 began so long before

local function guard_of(x)
  return x.guard and cjson.decode(x.guard) or {}
end

-- Local time of an expert: {day, of_day, of_week = ms since it began, shift = ms until his zone's offset changes or nil}.
local function local_time(p, guard, now)
  local wall = shown_ms(p, now)
  local known = guard.zone and redis.call('HGET', p .. 'zones', guard.zone)
  local ahead, shift = 0, nil
  for i, entry in ipairs(known and cjson.decode(known) or {}) do
    if i > 1 and entry[1] > wall then
      shift = entry[1] - wall
      break
    end
    ahead = entry[2]
  end
  local at = wall + ahead
  return {day = math.floor(at / DAY), of_day = at % DAY, of_week = (at + FIRST_MONDAY) % WEEK, shift = shift}
end

-- Whether he works at that time of the week, and in how many ms that changes.
local function working(hours, of_week)
  for _, part in ipairs(hours) do
    if of_week < part[1] * MINUTE then return false, part[1] * MINUTE - of_week end
    if of_week < part[2] * MINUTE then return true, part[2] * MINUTE - of_week end
  end
  return false, WEEK - of_week + hours[1][1] * MINUTE
end

-- The block of an expert, and in how many ms that may change by time alone (nil: it does not).
local function judge(p, expert, x, guard, now)
  local f = redis.call('HMGET', p .. 'x:' .. expert, 'cool', 'missed', 'hour_until')
  local cool, hour_until = tonumber(f[1] or 0) - now, tonumber(f[3] or 0) - now
  local at = local_time(p, guard, now)
  local block, left = 0, nil
  local function rail(number, holds, over)
    if holds and block == 0 then block = number end
    if over and (not left or over < left) then left = over end
  end
  if guard.hours then
    local on, over = working(guard.hours, at.of_week)
    rail(BLOCK_OFF_HOURS, not on, over)
  end
  if cool > 0 then rail(BLOCK_COOL_DOWN, true, cool) end
  rail(BLOCK_PAUSED, guard.pause and tonumber(f[2] or 0) >= guard.pause)
  if guard.hour and hour_until > 0 then rail(BLOCK_HOUR_LIMIT, true, hour_until) end
  if guard.day and tonumber(x.day) == at.day and tonumber(x.offers) >= guard.day then
    rail(BLOCK_DAY_LIMIT, true, DAY - at.of_day)
  end
  if left and at.shift and at.shift < left then left = at.shift end
  return block, left
end

-- Gives an expert `x` his block, and writes the timer of its end. Whoever calls it publishes. `only_more`: what is over is
-- left to the timer, which has whoever waits for him served.
local function set_block(p, expert, x, now, only_more)
  if not x.guard and x.block == '0' then return end
  local number, left = judge(p, expert, x, guard_of(x), now)
  local block = int(number)
  if only_more and block == '0' and x.block ~= '0' then block, left = x.block, 0 end
  if block ~= x.block and guard_of(x).pause then  -- his desk tells him that he is paused, or no longer
    for _, bridge in ipairs(bridges_of(p, expert)) do send_hint(p, bridge, 'x', expert) end
  end
  x.block = block
  if left then
    redis.call('ZADD', p .. 'xdue', int(now + left), expert)
  else
    redis.call('ZREM', p .. 'xdue', expert)
  end
end

-- Adds to what an expert did today. Whoever calls it publishes.
local function count_today(x, at, offers, worked)
  if tonumber(x.day) ~= at.day then x.day, x.offers, x.worked = int(at.day), 0, 0 end
  x.offers, x.worked = int(x.offers + offers), int(x.worked + worked)
end

local function hour_limit(p, expert, most)
  local list = p .. 'h:' .. expert
  redis.call('LTRIM', list, -most, -1)
  local full = redis.call('LLEN', list) == most
  redis.call('HSET', p .. 'x:' .. expert, 'hour_until', full and int(redis.call('LINDEX', list, 0) + HOUR) or '0')
end

-- An offer is made to him, or a leg is put straight through to him. Whoever calls it publishes.
local function count_offer(p, expert, x, now)
  local guard = guard_of(x)
  count_today(x, local_time(p, guard, now), 1, 0)
  if guard.hour then
    redis.call('RPUSH', p .. 'h:' .. expert, int(now))
    hour_limit(p, expert, guard.hour)
  end
  set_block(p, expert, x, now, true)
end

-- He was on a leg since `began`. Whoever calls it publishes.
local function count_work(p, x, began, now)
  local at = local_time(p, guard_of(x), now)
  count_today(x, at, 0, math.min(now - began, at.of_day))
end

-- What became of an offer he did not accept: declined | timed_out. Whoever calls it publishes.
local function count_refusal(p, expert, x, outcome, now)
  if not x.guard then return end
  local guard, key = guard_of(x), p .. 'x:' .. expert
  if outcome == 'timed_out' then
    redis.call('HINCRBY', key, 'missed', 1)
  else
    redis.call('HSET', key, 'missed', 0)
    if guard.cool then redis.call('HSET', key, 'cool', int(now + guard.cool)) end
  end
  set_block(p, expert, x, now)
end

-- His block may have changed: writes it, and has whoever waits for him served. `round` as changed() has it.
local function rejudge(p, expert, now, round)
  local before, after = load_expert(p, expert), load_expert(p, expert)
  if not before then
    redis.call('ZREM', p .. 'xdue', expert)
    return
  end
  set_block(p, expert, after, now)
  if not after.guard then redis.call('ZREM', p .. 'xdue', expert) end
  if after.block ~= before.block then changed(p, expert, before, after, nil, round) end
end

-- He did something himself: whatever he let run out before is forgotten. True if there was anything.
local function acted(p, expert, now, round)
  local key = p .. 'x:' .. expert
  if (redis.call('HGET', key, 'missed') or '0') == '0' then return false end
  redis.call('HSET', key, 'missed', 0)
  rejudge(p, expert, now, round)
  return true
end

-- Gives him the guard rails of his directory record (JSON; '': none). Whoever calls it judges and publishes.
local function set_guard(p, expert, guard)
  local key = p .. 'x:' .. expert
  if guard == (redis.call('HGET', key, 'guard') or '') then return end
  if guard == '' then
    redis.call('HDEL', key, 'guard')
  else
    redis.call('HSET', key, 'guard', guard)
  end
  local hour = guard ~= '' and cjson.decode(guard).hour
  if hour then
    hour_limit(p, expert, hour)
  else
    redis.call('HDEL', key, 'hour_until')
    redis.call('DEL', p .. 'h:' .. expert)
  end
end

-- Any number of times: zone, its table -> ok, names of all zones that experts have had. The tables reach some years ahead
-- and are renewed by presence-ingest.
redis.register_function('xl1_zones', function(keys, args)
  local key = prefix(keys) .. 'zones'
  if #args > 0 then redis.call('HSET', key, unpack(args)) end
  return {'ok', unpack(redis.call('HKEYS', key))}
end)
