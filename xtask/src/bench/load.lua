-- Load for wrk. Arguments: forward-auth|verify, the API's credential or "-", files of tokens.
-- Each request takes a file, then a token of it, uniformly at random.
local files, kind, credential, threads = {}, nil, nil, 0

function setup(thread)
    threads = threads + 1
    thread:set("number", threads)
end

function init(arguments)
    kind, credential = arguments[1], arguments[2]
    for place = 3, #arguments do
        local tokens = {}
        for line in io.lines(arguments[place]) do
            tokens[#tokens + 1] = line
        end
        files[#files + 1] = tokens
    end
    math.randomseed(os.time() * 10 + number)
end

function request()
    local tokens = files[math.random(#files)]
    local token = tokens[math.random(#tokens)]
    if kind == "verify" then
        local body = '{"authorization":"Bearer ' .. token .. '","permission":"learning:submissions:read"}'
        return "POST /api/v1/verify HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer " .. credential
            .. "\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
    end
    return "GET /forward-auth/learning HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: Bearer " .. token
        .. "\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Uri: /submissions\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n"
end
