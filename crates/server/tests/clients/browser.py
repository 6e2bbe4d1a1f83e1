"""A person's browser, as far as signing in and consenting need one: cookies, redirects, and the first form of a page."""

import html.parser
import urllib.error
import urllib.parse
import urllib.request


class Forms(html.parser.HTMLParser):
    """The forms of a page, each with its action, its fields and its buttons."""

    def __init__(self, text):
        super().__init__()
        self.forms = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes.get("action", ""), "fields": {}, "buttons": []})
        elif tag == "input" and self.forms and attributes.get("type") not in ("checkbox", "radio"):
            self.forms[-1]["fields"][attributes.get("name")] = attributes.get("value") or ""
        elif tag == "button" and self.forms and attributes.get("name"):
            self.forms[-1]["buttons"].append((attributes["name"], attributes.get("value")))


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    """Signs in with these words, allows what is asked, and stops where it is sent to the client."""

    def __init__(self, email, password, redirect_uri):
        self.email, self.password, self.redirect_uri = email, password, redirect_uri
        self.cookies = {}
        self.opener = urllib.request.build_opener(NoRedirect())

    def authorize(self, url):
        """The URL with which the client gets its answer."""
        body = None
        for _ in range(12):
            status, headers, text = self.fetch(url, body)
            if status in (302, 303):
                url, body = urllib.parse.urljoin(url, headers["Location"]), None
                if url.startswith(self.redirect_uri):
                    # What the client's server sees: a browser keeps the fragment to itself.
                    return urllib.parse.urldefrag(url).url
                continue
            forms = Forms(text).forms
            assert status == 200 and forms, f"{status} at {url}: {text[:600]}"
            form = next((form for form in forms if ("decision", "allow") in form["buttons"] or "password" in form["fields"]), None)
            assert form, f"no form to fill in at {url}: {text[:600]}"
            fields = dict(form["fields"])
            if "password" in fields:
                fields.update(email=self.email, password=self.password)
            else:
                fields["decision"] = "allow"
            url, body = urllib.parse.urljoin(url, form["action"]), fields
        raise AssertionError(f"no answer for the client; the last page was {url}")

    def fetch(self, url, fields):
        request = urllib.request.Request(url, data=urllib.parse.urlencode(fields).encode() if fields is not None else None)
        if self.cookies:
            request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        if fields is not None:
            parts = urllib.parse.urlsplit(url)
            request.add_header("Origin", f"{parts.scheme}://{parts.netloc}")
        try:
            answer = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer.status, answer.headers, answer.read().decode()


if __name__ == "__main__":
    import json
    import sys

    ready = json.load(open(sys.argv[1]))["privacy"]
    print(Browser(ready["email"], ready["password"], ready["redirect_uri"]).authorize(sys.argv[2]))
