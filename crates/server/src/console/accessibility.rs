//! `/accessibility`: how accessible these pages are, how that is tested, and where to tell what is not (EN 301 549 chapter 12).

use askama::Template;

use super::page::Frame;
use super::texts::words;
use super::visit::{Answer, Visit};

words! {
    Aim: "These pages are made so that everybody can use them. They follow WCAG 2.2, level A and AA, and EN 301 549.", "Deze pagina's zijn gemaakt zodat iedereen ze kan gebruiken. Ze volgen WCAG 2.2, niveau A en AA, en EN 301 549.";
    Works: "What you can count on", "Waar je op kunt rekenen";
    Keyboard: "Everything works with the keyboard alone, and without scripts.", "Alles werkt met alleen het toetsenbord, en zonder scripts.";
    Zoom: "You can enlarge the pages to 400 percent. On a small screen nothing falls away.", "Je kunt de pagina's vergroten tot 400 procent. Op een klein scherm valt niets weg.";
    Contrast: "Light, dark and your own colours: the pages follow your system.", "Licht, donker en je eigen kleuren: de pagina's volgen je systeem.";
    Language: "Every page is there in Dutch and English, in short sentences.", "Elke pagina is er in het Nederlands en het Engels, in korte zinnen.";
    Tests: "How we test it", "Hoe we dat testen";
    Automatic: "With every change a program looks at all pages in a real browser, in both languages, light and dark, wide and narrow.", "Bij elke wijziging bekijkt een programma alle pagina's in een echte browser. Dat gebeurt in beide talen, licht en donker, breed en smal.";
    Manual: "A program does not find everything. Nobody has tried these pages with a screen reader for this version yet.", "Een programma vindt niet alles. Voor deze versie heeft nog niemand de pagina's met een schermlezer geprobeerd.";
    Tell: "Is something in your way?", "Loop je ergens tegenaan?";
    TellWhom: "Tell the administrator of your organisation. They pass it on to whoever runs this server.", "Vertel het de beheerder van je organisatie. Die geeft het door aan wie deze server beheert.";
}

#[derive(Template)]
#[template(path = "console/accessibility.html")]
struct View {
    frame: Frame,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.page(&View { frame: Frame::of(&visit, visit.say(super::Text::Accessibility)) })
}
