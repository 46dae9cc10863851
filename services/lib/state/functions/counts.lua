-- Sums for metrics, of the whole domain since its store was empty -------------------------------------------------------------
-- {D}:counts HASH  a count by "<what> <label>...", see counts.h. Where there is no routing point: "*". Times are sums of ms;
--                  of a distribution there is a count per bucket ("<what> <label>... <number of the bucket>") and a sum.

local PEOPLE_S = {1, 2, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800}  -- as kPeopleBounds in counts.h
local LATE_S = {0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}        -- as kLateBounds

local function tally(p, what, by)
  redis.call('HINCRBY', p .. 'counts', what, by or 1)
end

-- One more of a distribution; the last bucket is of what is above all bounds.
local function tally_ms(p, what, ms, bounds)
  local bucket = 1
  while bounds[bucket] and ms > bounds[bucket] * 1000 do bucket = bucket + 1 end
  tally(p, what .. ' ' .. bucket)
  tally(p, what .. ' sum', string.format('%d', ms))
end

-- A leg is written: counts it under the state that it has now.
local function count_leg(p, l)
  if l.counted == l.state then return end
  local rp = (l.rp and l.rp ~= '') and l.rp or '*'
  local of = ' ' .. rp .. ' ' .. l.medium .. ' '
  if l.counted then tally(p, 'legs' .. of .. l.counted, -1) end
  if l.state == 'ended' then
    tally(p, 'legs_ended' .. of .. l.outcome)
  else
    tally(p, 'legs' .. of .. l.state)
  end
  l.counted = l.state
end

-- counts -> ok, now, the host's clock (ms), open sessions, ms since the earliest timer was due (0: none is), how many pairs
-- follow, then pairs of "<what> <label>..." and count, then of each routing point at which somebody waits: its id and since
-- when (ms) the first of them does.
redis.register_function{function_name = 'xl1_counts', flags = {'no-writes'}, callback = function(keys, args)
  local p = prefix(keys)
  local now = now_ms(p)
  local first = redis.call('ZRANGE', p .. 'due', 0, 0, 'WITHSCORES')[2]
  local flat = redis.call('HGETALL', p .. 'counts')
  local answer = {'ok', int(now), int(wall_ms()), int(redis.call('ZCARD', p .. 'sessions:open')),
                  int(first and math.max(0, now - first) or 0), int(#flat / 2)}
  for _, part in ipairs(flat) do answer[#answer + 1] = part end
  local seen = {}
  for i = 1, #flat, 2 do
    local rp = string.match(flat[i], '^legs (%S+) %S+ waiting$')
    if rp and not seen[rp] and flat[i + 1] ~= '0' then
      seen[rp] = true
      local since = redis.call('ZRANGE', p .. 'queue:' .. (rp == '*' and '' or rp), 0, 0, 'WITHSCORES')[2]
      if since then
        answer[#answer + 1] = rp
        answer[#answer + 1] = since
      end
    end
  end
  return answer
end}
