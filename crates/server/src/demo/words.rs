//! What the demo prints: where things are, and commands to try, filled in.

use super::Options;
use super::ready::Ready;

#[expect(clippy::print_stdout, reason = "the demo talks to whoever started it")]
pub(super) fn print(ready: &Ready, options: &Options) {
    let Ready { authority, learning, .. } = ready;
    let (url, token) = (&learning.url, &learning.token);
    let program = std::env::current_exe().map_or_else(|_| "poort".to_owned(), |path| path.display().to_string());
    println!(
        "\
Poort's demo is ready.

  authority     {authority}   (documentation: {authority}/swagger/index.html)
  learning API  {url}
  data          {data}   (secrets of the demo: {data}/demo-secrets.json)

Try, as the user `student`, with a token of its own:

  curl --header 'Authorization: {token}' --header 'Accept: application/json' {url}/submissions

  python3 -c 'import json, urllib.request as r; print(json.dumps(json.load(r.urlopen(r.Request(\"{url}/submissions.json\", headers={{\"Authorization\": \"{token}\"}}))), indent=1))'

The imported tokens `zeus`, `staff` and `student` work as well:

  curl --header 'Authorization: student' {url}/profile.json --location

As whoever runs the installation:

  export POORT_URL={authority} POORT_TOKEN_FILE={data}/operator-token
  alias poort={program}
  poort token list
  poort token create laptop --person student@example.org

End a token, and the very next request is refused:

  poort token revoke ID --yes

Ctrl-C stops the demo; started again on the same data it continues.",
        data = options.data.display(),
    );
}
