-- Load for wrk: one POST of a form. Arguments: path, value of Authorization, body.
function init(arguments)
    local path, authorization, body = arguments[1], arguments[2], arguments[3]
    text = "POST " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\nAuthorization: " .. authorization
        .. "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function request()
    return text
end
