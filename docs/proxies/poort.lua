-- Asks Poort about a request of HAProxy and copies the identity headers of its answer.

local HEADERS = {
    "poort-subject", "poort-subject-type", "poort-organisation", "poort-workspace",
    "poort-permissions", "poort-credential", "poort-delegation", "poort-request-id",
}

core.register_action("poort", { "http-req" }, function(txn)
    txn:set_var("txn.poort_status", 503)
    local request = txn.http:req_get_headers()
    local asked = {
        ["x-original-method"] = { txn.sf:method() },
        -- As it came, query and all.
        ["x-original-uri"] = { txn.sf:pathq() },
        ["x-forwarded-for"] = { txn.sf:src() },
        -- A credential over plain HTTP from another machine is refused.
        ["x-forwarded-proto"] = { txn.sf:ssl_fc() == "1" and "https" or "http" },
    }
    -- Every value of them, so that two credentials are seen as two.
    for _, name in ipairs({ "authorization", "x-api-key" }) do
        if request[name] then
            asked[name] = {}
            for place = 0, #request[name] do
                table.insert(asked[name], request[name][place])
            end
        end
    end
    local answer = core.httpclient():get({ url = txn:get_var("txn.poort_url"), headers = asked, timeout = 2000 })
    if answer == nil or answer.status == nil or answer.status == 0 then
        return
    end
    txn:set_var("txn.poort_status", answer.status)
    local headers = answer.headers or {}
    if answer.status == 200 then
        for _, name in ipairs(HEADERS) do
            txn.http:req_del_header(name)
            if headers[name] and headers[name][0] and headers[name][0] ~= "" then
                txn.http:req_set_header(name, headers[name][0])
            end
        end
        for _, name in ipairs({ "deprecation", "sunset", "link" }) do
            if headers[name] and headers[name][0] then
                txn:set_var("txn.poort_" .. name, headers[name][0])
            end
        end
        return
    end
    txn:set_var("txn.poort_body", answer.body or "")
    local challenge = headers["www-authenticate"]
    txn:set_var("txn.poort_challenge", challenge and challenge[0] or "")
end, 0)
