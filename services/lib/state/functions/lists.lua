-- Lists of sessions ---------------------------------------------------------------------------------------------------------

-- sessions {list, before, most}: the sessions of {D}:sessions:<list> below that score ("" to begin), highest first
-- -> ok, whether there may be more (1 or 0), then per session: id, score, its hash as HGETALL gives it.
redis.register_function{function_name = 'xl1_sessions', flags = {'no-writes'}, callback = function(keys, args)
  local p, q = prefix(keys), cjson.decode(args[1])
  local found = redis.call('ZREVRANGEBYSCORE', p .. 'sessions:' .. q.list, q.before == '' and '+inf' or '(' .. q.before,
                           '-inf', 'WITHSCORES', 'LIMIT', 0, q.most)
  local answer = {'ok', #found == 2 * q.most and '1' or '0'}
  for i = 1, #found, 2 do
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = found[i + 1]
    answer[#answer + 1] = redis.call('HGETALL', session_key(p, found[i]))
  end
  return answer
end}
