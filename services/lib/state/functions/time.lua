-- Timers, and the bridges that are alive: their desks, their watchers.

local LEASE_MS = 10000

local function set_bridges(p, expert, change)
  local before, after = load_expert(p, expert), load_expert(p, expert)
  if not before then return false end
  local had = redis.call('HGET', p .. 'x:' .. expert, 'bridges') or ''
  local bridges = change(had)
  if bridges ~= had then
    after.desk = bridges ~= ''
    changed(p, expert, before, after, {'bridges', bridges})
  end
  return true
end

-- Nobody speaks for these experts at this bridge any more.
local function detach(p, bridge, expert)
  redis.call('SREM', p .. 'desks:' .. bridge, expert)
  set_bridges(p, expert, function(bridges) return without(bridges, bridge) end)
end

local function forget_bridge(p, bridge)
  for _, expert in ipairs(redis.call('SMEMBERS', p .. 'desks:' .. bridge)) do detach(p, bridge, expert) end
  redis.call('DEL', p .. 'out:' .. bridge)
  redis.call('ZREM', p .. 'bridges', bridge)
end

-- bridge {bridge, fresh}: renews the lease of a bridge for 10 s. `fresh`: it has just started, nothing is attached.
-- -> ok; lost: the lease had run out, attach every desk again.
redis.register_function('xl1_bridge', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local alive = redis.call('ZSCORE', p .. 'bridges', q.bridge)
  if q.fresh then forget_bridge(p, q.bridge) end
  redis.call('ZADD', p .. 'bridges', int(now_ms(p) + LEASE_MS), q.bridge)
  return {(q.fresh or alive) and 'ok' or 'lost'}
end)

-- desk {bridge, attach = true | false, experts = [...]}: a bridge speaks for these experts, or no longer.
-- -> ok, then per expert: "unknown", or the sessions that hold him joined by ",".
redis.register_function('xl1_desk', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local answer = {'ok'}
  for _, expert in ipairs(q.experts) do
    if q.attach then
      local known = set_bridges(p, expert, function(bridges) return joined(without(bridges, q.bridge), q.bridge) end)
      local sessions, seen = {}, {}
      if known then
        redis.call('SADD', p .. 'desks:' .. q.bridge, expert)
        for _, field in ipairs(redis.call('HKEYS', p .. 'x:' .. expert)) do
          local s = string.match(field, '^r:([^:]+):')
          if s and not seen[s] then
            seen[s] = true
            sessions[#sessions + 1] = s
          end
        end
      end
      answer[#answer + 1] = known and table.concat(sessions, ',') or 'unknown'
    else
      detach(p, q.bridge, expert)
    end
  end
  return answer
end)

-- watch {bridge, s, on}: hints about the session go to this bridge, or no longer -> ok.
redis.register_function('xl1_watch', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local key = session_key(p, q.s)
  local watchers = redis.call('HGET', key, 'watchers')
  if not watchers then return refused('UNKNOWN_SESSION', 'session', q.s) end
  local rest = without(watchers, q.bridge)
  local changed_to = q.on and joined(rest, q.bridge) or rest
  if changed_to ~= watchers then redis.call('HSET', key, 'watchers', changed_to) end
  return {'ok'}
end)

local function forget_session(p, s)
  for _, id in ipairs(split(redis.call('HGET', session_key(p, s), 'legs'), ',')) do
    local l = load_leg(p, s, id)
    if l.call then redis.call('DEL', p .. 'c:' .. l.call) end
  end
  leave_lists(p, s)
  redis.call('DEL', session_key(p, s), p .. 'u:' .. s, p .. 'm:' .. s)
  redis.call('ZREM', p .. 'sessions:all', s)
  redis.call('ZREM', p .. 'sessions:ended', s)
end

-- The timer of a leg: what it means follows from the leg's state. Gives true if the leg is to be routed now.
local function leg_due(p, s, l, now, touched)
  if OFFER_STATES[l.state] and l.deadline and l.deadline <= now then
    local key = session_key(p, s)
    local fallback = redis.call('HGET', key, 'fallback:' .. l.id)
    if fallback then
      redis.call('HSET', key, 'default:' .. l.id, fallback)
      end_leg(p, s, l, 'default_routed', now, touched)
      return false
    end
    -- What the strategy's `otherwise` says: strategy-evaluation settles it.
    leave_waiting(p, s, l, now)
    close_open_offers(p, s, l, 'timed_out', touched)
    l.deadline, l.overdue = nil, true
    reroute(l, now)
    save_leg(p, s, l)
    return true
  end
  if l.due > now then
    save_leg(p, s, l)
    return false
  end
  if l.state == 'routing' then
    -- Still the same version: a decision that only takes long must not become stale by this.
    reroute(l, now)
    put_leg(p, s, l)
    return true
  elseif l.state == 'waiting' then
    if l.wait_from + l.wait_left > now then
      -- Its step asks for less from now on: it is decided anew in its place.
      l.due = math.min(now + REROUTE_MS, l.wait_from + l.wait_left)
      put_leg(p, s, l)
      return true
    end
    leave_waiting(p, s, l, now)
    reroute(l, now)
    save_leg(p, s, l)
    return true
  elseif l.state == 'offering' then
    time_out(p, s, l, now, touched)
    return l.state == 'routing'
  elseif l.state == 'connecting' then
    not_connected(p, s, l, now, touched)
    return l.state == 'routing'
  end
  end_leg(p, s, l, l.state == 'active' and 'completed' or 'expired', now, touched)
  return false
end

-- Wall-clock times are shown as the store's plus an offset that is one for all readers, and changed only when it is off
-- by more than this: a moment is shown alike whenever and wherever it is read, though the host's clock is corrected.
local MOST_OFF_MS = 1000

-- tick {elapsed_ms, retention_ms, words_ms (of conversations), report_ms (of what reports need), most}: moves the clock and
-- handles what is due. `elapsed_ms` is the caller's own monotonic time since his last tick: as far as it goes, a long pause
-- counts.
-- -> ok, now, the same as wall-clock time, ms until the next is due (-1: none), then session, leg, version, trace of each leg
-- to route now.
redis.register_function('xl1_tick', function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local c = redis.call('HMGET', p .. 'clock', 'wall', 'now', 'offset')
  local wall = wall_ms()
  local now = now_ms(p)
  if c[1] and wall - c[1] > MOST_STEP_MS then
    now = tonumber(c[2]) + math.max(MOST_STEP_MS, math.min(wall - c[1], q.elapsed_ms))
  end
  if not c[1] or math.abs(wall - c[1]) >= 250 then
    redis.call('HSET', p .. 'clock', 'wall', int(wall), 'now', int(now), 'retention', int(q.retention_ms), 'words',
               int(q.words_ms))
  end
  local offset = tonumber(c[3] or 0)
  if math.abs(wall - now - offset) > MOST_OFF_MS then
    offset = wall - now
    redis.call('HSET', p .. 'clock', 'offset', int(offset))
    redis.call('ZUNIONSTORE', p .. 'xdue', 1, p .. 'xdue', 'WEIGHTS', 0)  -- all hours begin and end at other times
  end
  for _, bridge in ipairs(redis.call('ZRANGEBYSCORE', p .. 'bridges', '-inf', int(now))) do forget_bridge(p, bridge) end
  local answer = {'ok', int(now), int(now + offset), '-1'}
  local due = redis.call('ZRANGEBYSCORE', p .. 'due', '-inf', int(now), 'WITHSCORES', 'LIMIT', 0, q.most)
  for i = 1, #due, 2 do
    local member = due[i]
    local what = split(member, ' ')
    tally_ms(p, 'late', now - due[i + 1], LATE_S)
    local l = what[1] == 'leg' and load_leg(p, what[2], what[3])
    if what[1] == 'gone' then
      redis.call('ZREM', p .. 'due', member)
      forget_session(p, what[2])
    elseif what[1] == 'words' then
      redis.call('ZREM', p .. 'due', member)
      redis.call('DEL', p .. 'm:' .. what[2])
      if redis.call('EXISTS', session_key(p, what[2])) == 1 then redis.call('HDEL', session_key(p, what[2]), 'last') end
    elseif what[1] == 'wrap' then
      redis.call('ZREM', p .. 'due', member)
      end_wrap_up(p, what[2], what[3], what[4], now)
    elseif not l or l.state == 'ended' then
      redis.call('ZREM', p .. 'due', member)
    else
      local touched = {}
      if leg_due(p, what[2], l, now, touched) then
        answer[#answer + 1] = what[2]
        answer[#answer + 1] = what[3]
        answer[#answer + 1] = int(l.v)
        answer[#answer + 1] = l.trace or ''
      end
      hint(p, what[2], touched)
    end
  end
  for _, expert in ipairs(redis.call('ZRANGEBYSCORE', p .. 'xdue', '-inf', int(now), 'LIMIT', 0, q.most)) do
    rejudge(p, expert, now)
  end
  forget_reports(p, now, offset, q.report_ms, q.most)
  for _, timers in ipairs({'due', 'xdue'}) do
    local first = redis.call('ZRANGE', p .. timers, 0, 0, 'WITHSCORES')
    local left = first[2] and math.max(0, first[2] - now)
    if left and (answer[4] == '-1' or left < tonumber(answer[4])) then answer[4] = int(left) end
  end
  return answer
end)
