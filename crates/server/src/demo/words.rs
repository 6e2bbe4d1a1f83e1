//! What the demo prints: where things are, and commands to try, filled in.

use super::Options;
use super::ready::Ready;

#[expect(clippy::print_stdout, reason = "the demo talks to whoever started it")]
pub(super) fn print(ready: &Ready, options: &Options) {
    let Ready { authority, learning, subsurface, privacy, .. } = ready;
    let (url, token) = (&learning.url, &learning.token);
    let program = std::env::current_exe().map_or_else(|_| "poort".to_owned(), |path| path.display().to_string());
    println!(
        "\
Poort's demo is ready.

  authority     {authority}   (documentation: {authority}/swagger/index.html)
  learning API  {url}
  privacy API   {privacy}   (documentation: {privacy}/swagger/index.html)
  subsurface    {portal}   (demo environment: {portal_demo})
  data          {data}   (secrets of the demo: {data}/demo-secrets.json)

Try, as the user `student`, with a token of its own:

  curl --header 'Authorization: {token}' --header 'Accept: application/json' {url}/submissions

  python3 -c 'import json, urllib.request as r; print(json.dumps(json.load(r.urlopen(r.Request(\"{url}/submissions.json\", headers={{\"Authorization\": \"{token}\"}}))), indent=1))'

The imported tokens `zeus`, `staff` and `student` work as well:

  curl --header 'Authorization: student' {url}/profile.json --location

Validate a document in project 1255, as the supplier Peilwerk, which has a delegation for it; then in project 9999, which it has not:

  echo '<registrationRequest/>' | curl --user '{username}:{code}' --header 'Content-Type: application/xml' --data-binary @- {portal}/api/v2/1255/validatie
  echo '<registrationRequest/>' | curl --user '{username}:{code}' --header 'Content-Type: application/xml' --data-binary @- {portal}/api/v2/9999/validatie

List the workspaces of an organisation, with its key in each of the two ways, then with the key of one workspace:

  curl --header 'X-API-Key: {private_key}' {privacy}/v1/workspaces
  curl --user '{public_key}:{private_key}' {privacy}/v1/workspaces
  curl --header 'X-API-Key: {workspace_private_key}' {privacy}/v1/workspaces

Get an access token for the same, as an OAuth 2 client does, and send it as `Authorization: Bearer`:

  curl --user '{public_key}:{private_key}' --data 'grant_type=client_credentials&scope=api1' {authority}/connect/token

As whoever runs the installation:

  export POORT_URL={authority} POORT_TOKEN_FILE={data}/operator-token
  alias poort={program}
  poort token list
  poort token create laptop --person student@example.org

Its pages, in a browser, as {operator} with the password {password}; letters go nowhere, and are shown there:

  {authority}/nl/operator

End a token, or close the delegation, and the very next request is refused:

  poort token revoke ID --yes
  poort delegation close {delegation} --yes

Ctrl-C stops the demo; started again on the same data it continues.",
        data = options.data.display(),
        privacy = privacy.api_url,
        public_key = privacy.public_key,
        private_key = privacy.private_key,
        workspace_private_key = privacy.workspace_private_key,
        operator = ready.operator.email,
        password = ready.operator.password,
        portal = subsurface.url,
        portal_demo = subsurface.demo_url,
        username = subsurface.username,
        code = subsurface.code,
        delegation = subsurface.delegation_id,
    );
}
