// Asks Poort what an access token is worth (RFC 7662), and answers nginx's auth_request. Keeps nothing.

// RFC 6750 section 2.1, and nothing else.
const BEARER = /^Bearer +([A-Za-z0-9._~+\/-]+=*)$/i;

async function introspect(r) {
    const shown = r.rawHeadersIn.filter((header) => header[0].toLowerCase() === 'authorization');
    if (shown.length === 0) {
        return refuse(r, 401, '');
    }
    const bearer = shown.length === 1 ? BEARER.exec(shown[0][1]) : null;
    if (!bearer) {
        return refuse(r, 401, ', error="invalid_token"');
    }
    const body = 'token=' + encodeURIComponent(bearer[1]);
    const answer = await r.subrequest('/_poort_introspect', { method: 'POST', body: body });
    const found = answer.status === 200 ? read(answer.responseText) : null;
    // What is no answer is neither a yes nor a no.
    if (found === null || typeof found.active !== 'boolean') {
        return r.return(503);
    }
    // A token of type DPoP needs a proof, which nobody judges here.
    if (!found.active || found.token_type !== 'Bearer') {
        return refuse(r, 401, ', error="invalid_token"');
    }
    const needed = r.variables.poort_needs;
    if (!needed || !found.scope.split(' ').includes(needed)) {
        return refuse(r, 403, `, error="insufficient_scope", scope="${needed}"`);
    }
    r.headersOut['Poort-Subject'] = found.sub;
    r.headersOut['Poort-Client'] = found.client_id || '';
    r.headersOut['Poort-Scope'] = found.scope;
    r.return(204);
}

function read(text) {
    try {
        return JSON.parse(text);
    } catch (error) {
        return null;
    }
}

function refuse(r, status, why) {
    r.headersOut['Poort-Challenge'] = `Bearer realm="poort"${why}`;
    r.return(status);
}

export default { introspect };
