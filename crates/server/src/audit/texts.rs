//! What was done, in a sentence, and what each action is called.

use crate::language::texts;

/// The actions, each with its sentence and its name.
macro_rules! actions {
    ($($action:literal $sentence:ident $name:ident;)*) => {
        /// Every action that logs can hold, with what it is called.
        pub(crate) const ACTIONS: &[(&str, Text)] = &[$(($action, Text::$name),)*];

        /// The sentence of an action.
        pub(super) fn sentence(action: &str) -> Text {
            match action {
                $($action => Text::$sentence,)*
                _ => Text::Other,
            }
        }
    };
}

actions! {
    "organisation.created" OrganisationCreated NameOrganisationCreated;
    "organisation.renamed" OrganisationRenamed NameOrganisationRenamed;
    "organisation.changed" OrganisationChanged NameOrganisationChanged;
    "organisation.second_factor_required" SecondFactorRequired NameSecondFactorRequired;
    "organisation.second_factor_optional" SecondFactorOptional NameSecondFactorOptional;
    "organisation.suspended" OrganisationSuspended NameOrganisationSuspended;
    "organisation.resumed" OrganisationResumed NameOrganisationResumed;
    "member.invited" MemberInvited NameMemberInvited;
    "member.invitation_withdrawn" InvitationWithdrawn NameInvitationWithdrawn;
    "member.joined" MemberJoined NameMemberJoined;
    "member.role_changed" MemberRoleChanged NameMemberRoleChanged;
    "member.moved" MemberMoved NameMemberMoved;
    "member.removed" MemberRemoved NameMemberRemoved;
    "token.created" TokenCreated NameTokenCreated;
    "token.changed" TokenChanged NameTokenChanged;
    "token.renewed" TokenRenewed NameTokenRenewed;
    "token.paused" TokenPaused NameTokenPaused;
    "token.resumed" TokenResumed NameTokenResumed;
    "token.deleted" TokenDeleted NameTokenDeleted;
    "supplier_token.created" SupplierTokenCreated NameSupplierTokenCreated;
    "supplier_token.changed" SupplierTokenChanged NameSupplierTokenChanged;
    "supplier_token.renewed" SupplierTokenRenewed NameSupplierTokenRenewed;
    "supplier_token.paused" SupplierTokenPaused NameSupplierTokenPaused;
    "supplier_token.resumed" SupplierTokenResumed NameSupplierTokenResumed;
    "supplier_token.deleted" SupplierTokenDeleted NameSupplierTokenDeleted;
    "key.created" KeyCreated NameKeyCreated;
    "key.updated" KeyUpdated NameKeyUpdated;
    "key.rotated" KeyRotated NameKeyRotated;
    "key.private_key_ended" KeyPrivateKeyEnded NameKeyPrivateKeyEnded;
    "key.paused" KeyPaused NameKeyPaused;
    "key.resumed" KeyResumed NameKeyResumed;
    "key.revoked" KeyRevoked NameKeyRevoked;
    "key.access_ended" KeyAccessEnded NameKeyAccessEnded;
    "project.created" ProjectCreated NameProjectCreated;
    "project.renamed" ProjectRenamed NameProjectRenamed;
    "project.closed" ProjectClosed NameProjectClosed;
    "delegation.granted" DelegationGranted NameDelegationGranted;
    "delegation.passed_on" DelegationPassedOn NameDelegationPassedOn;
    "delegation.accepted" DelegationAccepted NameDelegationAccepted;
    "delegation.changed" DelegationChanged NameDelegationChanged;
    "delegation.confirmed" DelegationConfirmed NameDelegationConfirmed;
    "delegation.paused" DelegationPaused NameDelegationPaused;
    "delegation.resumed" DelegationResumed NameDelegationResumed;
    "delegation.close_scheduled" DelegationCloseScheduled NameDelegationCloseScheduled;
    "delegation.closed" DelegationClosed NameDelegationClosed;
    "consent.given" ConsentGiven NameConsentGiven;
    "consent.withdrawn" ConsentWithdrawn NameConsentWithdrawn;
    "consent.access_ended" ConsentAccessEnded NameConsentAccessEnded;
    "access_token.ended" AccessTokenEnded NameAccessTokenEnded;
    "user.created" UserCreated NameUserCreated;
    "user.changed" UserChanged NameUserChanged;
    "user.email_verified" EmailVerified NameEmailVerified;
    "user.suspended" UserSuspended NameUserSuspended;
    "user.resumed" UserResumed NameUserResumed;
    "user.erased" UserErased NameUserErased;
    "user.signed_in" UserSignedIn NameUserSignedIn;
    "user.signed_out" UserSignedOut NameUserSignedOut;
    "password.changed" PasswordChanged NamePasswordChanged;
    "totp.added" TotpAdded NameTotpAdded;
    "totp.removed" TotpRemoved NameTotpRemoved;
    "recovery_codes.made" RecoveryCodesMade NameRecoveryCodesMade;
    "recovery_code.used" RecoveryCodeUsed NameRecoveryCodeUsed;
    "passkey.added" PasskeyAdded NamePasskeyAdded;
    "passkey.removed" PasskeyRemoved NamePasskeyRemoved;
    "passkey.suspected" PasskeySuspected NamePasskeySuspected;
    "second_factors.removed" SecondFactorsRemoved NameSecondFactorsRemoved;
    "upstream.linked" UpstreamLinked NameUpstreamLinked;
    "upstream.unlinked" UpstreamUnlinked NameUpstreamUnlinked;
    "audit.exported" AuditExported NameAuditExported;
    "operator.acted" OperatorActed NameOperatorActed;
    "operator.appointed" OperatorAppointed NameOperatorAppointed;
    "operator.dismissed" OperatorDismissed NameOperatorDismissed;
    "operator_token.created" OperatorTokenCreated NameOperatorTokenCreated;
    "operator_token.revoked" OperatorTokenRevoked NameOperatorTokenRevoked;
    "api.defined" ApiDefined NameApiDefined;
    "api.removed" ApiRemoved NameApiRemoved;
    "announcement.made" AnnouncementMade NameAnnouncementMade;
    "announcement.withdrawn" AnnouncementWithdrawn NameAnnouncementWithdrawn;
    "api_credential.created" ApiCredentialCreated NameApiCredentialCreated;
    "api_credential.revoked" ApiCredentialRevoked NameApiCredentialRevoked;
    "installation.changed" InstallationChanged NameInstallationChanged;
    "server_key.created" ServerKeyCreated NameServerKeyCreated;
    "server_key.activated" ServerKeyActivated NameServerKeyActivated;
    "server_key.ended" ServerKeyEnded NameServerKeyEnded;
    "master_key.rotated" MasterKeyRotated NameMasterKeyRotated;
    "restore.done" RestoreDone NameRestoreDone;
    "restore.confirmed" RestoreConfirmed NameRestoreConfirmed;
}

texts! {
    OrganisationCreated: "{by} made the organisation {what}.", "{by} maakte organisatie {what}.";
    OrganisationRenamed: "{by} gave the organisation another name: {what}.", "{by} gaf de organisatie een andere naam: {what}.";
    OrganisationChanged: "{by} changed the settings of {what}.", "{by} wijzigde de instellingen van {what}.";
    SecondFactorRequired: "{by} let {what} ask its members for a second step.", "{by} liet {what} een tweede stap van de leden vragen.";
    SecondFactorOptional: "{by} let {what} no longer ask its members for a second step.", "{by} liet {what} geen tweede stap meer van de leden vragen.";
    OrganisationSuspended: "{by} suspended {what}.", "{by} zette {what} stil.";
    OrganisationResumed: "{by} let {what} work again.", "{by} liet {what} weer werken.";
    MemberInvited: "{by} invited somebody as {roles}.", "{by} nodigde iemand uit als {roles}.";
    InvitationWithdrawn: "{by} withdrew an invitation.", "{by} trok een uitnodiging in.";
    EmailVerified: "{by} confirmed the e-mail address of {what}.", "{by} bevestigde het e-mailadres van {what}.";
    MemberJoined: "{by} made {what} a member: {roles}.", "{by} maakte {what} lid: {roles}.";
    MemberRoleChanged: "{by} gave {what} other roles: {roles} (was {before}).", "{by} gaf {what} andere rollen: {roles} (was {before}).";
    MemberMoved: "{by} moved {what} to {other}: {roles}.", "{by} verplaatste {what} naar {other}: {roles}.";
    MemberRemoved: "{by} removed {what} as a member.", "{by} verwijderde {what} als lid.";
    TokenCreated: "{by} made token {what}: {may}, {until}.", "{by} maakte token {what}: {may}, {until}.";
    TokenChanged: "{by} changed token {what}: {may}.", "{by} wijzigde token {what}: {may}.";
    TokenRenewed: "{by} renewed token {what}.", "{by} vernieuwde token {what}.";
    TokenPaused: "{by} paused token {what}.", "{by} pauzeerde token {what}.";
    TokenResumed: "{by} resumed token {what}.", "{by} hervatte token {what}.";
    TokenDeleted: "{by} deleted token {what}{count}.", "{by} verwijderde token {what}{count}.";
    SupplierTokenCreated: "{by} made the organisation's token {what}: {may}, {until}.", "{by} maakte token {what} van de organisatie: {may}, {until}.";
    SupplierTokenChanged: "{by} changed the organisation's token {what}: {may}.", "{by} wijzigde token {what} van de organisatie: {may}.";
    SupplierTokenRenewed: "{by} renewed the organisation's token {what}.", "{by} vernieuwde token {what} van de organisatie.";
    SupplierTokenPaused: "{by} paused the organisation's token {what}.", "{by} pauzeerde token {what} van de organisatie.";
    SupplierTokenResumed: "{by} resumed the organisation's token {what}.", "{by} hervatte token {what} van de organisatie.";
    SupplierTokenDeleted: "{by} deleted the organisation's token {what}{count}.", "{by} verwijderde token {what} van de organisatie{count}.";
    KeyCreated: "{by} made key {what}.", "{by} maakte sleutel {what}.";
    KeyUpdated: "{by} changed key {what}.", "{by} wijzigde sleutel {what}.";
    KeyRotated: "{by} gave key {what} a new private key.", "{by} gaf sleutel {what} een nieuwe private sleutel.";
    KeyPrivateKeyEnded: "{by} ended a private key of {what}.", "{by} stopte een private sleutel van {what}.";
    KeyPaused: "{by} paused key {what}.", "{by} pauzeerde sleutel {what}.";
    KeyResumed: "{by} resumed key {what}.", "{by} hervatte sleutel {what}.";
    KeyRevoked: "{by} ended key {what}{count}.", "{by} stopte sleutel {what}{count}.";
    KeyAccessEnded: "{by} ended all access that key {what} had got.", "{by} stopte alle toegang die sleutel {what} had gekregen.";
    ProjectCreated: "{by} made project {what}.", "{by} maakte project {what}.";
    ProjectRenamed: "{by} gave the project another name: {what}.", "{by} gaf het project een andere naam: {what}.";
    ProjectClosed: "{by} closed project {what}.", "{by} sloot project {what}.";
    DelegationGranted: "{by} gave delegation {what}: {may}, {until}.", "{by} gaf machtiging {what}: {may}, {until}.";
    DelegationPassedOn: "{by} passed on delegation {what}: {may}, {until}.", "{by} gaf machtiging {what} door: {may}, {until}.";
    DelegationAccepted: "{by} accepted delegation {what}.", "{by} nam machtiging {what} aan.";
    DelegationChanged: "{by} changed delegation {what}: {may}, {until}.", "{by} wijzigde machtiging {what}: {may}, {until}.";
    DelegationConfirmed: "{by} confirmed delegation {what}: {until}.", "{by} bevestigde machtiging {what}: {until}.";
    DelegationPaused: "{by} paused delegation {what}.", "{by} pauzeerde machtiging {what}.";
    DelegationResumed: "{by} resumed delegation {what}.", "{by} hervatte machtiging {what}.";
    DelegationCloseScheduled: "{by} announced that delegation {what} closes: {until}.", "{by} kondigde aan dat machtiging {what} sluit: {until}.";
    DelegationClosed: "{by} closed delegation {what}{count}.", "{by} sloot machtiging {what}{count}.";
    ConsentGiven: "{by} gave {what} access.", "{by} gaf {what} toegang.";
    ConsentWithdrawn: "{by} ended the access of {what}{count}.", "{by} stopte de toegang van {what}{count}.";
    ConsentAccessEnded: "{by} ended a sign-in of an app.", "{by} stopte een aanmelding van een app.";
    AccessTokenEnded: "{by} ended one access of an app.", "{by} stopte één toegang van een app.";
    UserCreated: "{by} made an account for {what}.", "{by} maakte een account voor {what}.";
    UserChanged: "{by} changed the details of {what}.", "{by} wijzigde de gegevens van {what}.";
    UserSuspended: "{by} suspended {what}.", "{by} zette {what} stil.";
    UserResumed: "{by} let {what} work again.", "{by} liet {what} weer werken.";
    UserErased: "{by} erased {what}.", "{by} wiste {what}.";
    UserSignedIn: "{by} signed in.", "{by} logde in.";
    UserSignedOut: "{by} signed out{count}.", "{by} logde uit{count}.";
    PasswordChanged: "{by} set the password.", "{by} stelde het wachtwoord in.";
    TotpAdded: "{by} set up an app with codes.", "{by} stelde een app met codes in.";
    TotpRemoved: "{by} removed the app with codes.", "{by} haalde de app met codes weg.";
    RecoveryCodesMade: "{by} made recovery codes.", "{by} maakte herstelcodes.";
    RecoveryCodeUsed: "{by} signed in with a recovery code.", "{by} logde in met een herstelcode.";
    PasskeyAdded: "{by} added a passkey.", "{by} voegde een passkey toe.";
    PasskeyRemoved: "{by} removed a passkey.", "{by} haalde een passkey weg.";
    PasskeySuspected: "A passkey of {what} counted backwards. Somebody may have copied it.", "Een passkey van {what} telde terug. Hij is misschien gekopieerd.";
    SecondFactorsRemoved: "{by} removed all second factors of {what}.", "{by} haalde alle tweede factoren van {what} weg.";
    UpstreamLinked: "{by} linked signing in through {other}.", "{by} koppelde inloggen via {other}.";
    UpstreamUnlinked: "{by} unlinked signing in through {other}.", "{by} ontkoppelde inloggen via {other}.";
    AuditExported: "{by} downloaded the audit log.", "{by} downloadde het logboek.";
    OperatorActed: "{by} looked at {part} of {what}.", "{by} bekeek {part} van {what}.";
    PartMembers: "the members", "de leden";
    PartTokens: "the tokens", "de tokens";
    PartKeys: "the API keys", "de API-sleutels";
    PartWorkspaces: "the projects and delegations", "de projecten en machtigingen";
    PartAudit: "the audit log", "het logboek";
    OperatorAppointed: "{by} made {what} an operator of this server.", "{by} maakte {what} beheerder van deze server.";
    OperatorDismissed: "{by} made {what} no operator any more.", "{by} maakte {what} geen beheerder van deze server meer.";
    OperatorTokenCreated: "{by} made the operator token {what}.", "{by} maakte beheertoken {what}.";
    OperatorTokenRevoked: "{by} ended the operator token {what}.", "{by} stopte beheertoken {what}.";
    ApiDefined: "{by} defined the API {other}.", "{by} legde de API {other} vast.";
    ApiRemoved: "{by} removed the API {other}.", "{by} verwijderde de API {other}.";
    AnnouncementMade: "{by} announced a change of the API {other}.", "{by} kondigde een wijziging van de API {other} aan.";
    AnnouncementWithdrawn: "{by} withdrew an announcement about the API {other}.", "{by} trok een aankondiging over de API {other} in.";
    ApiCredentialCreated: "{by} made the credential {what} for the API {other}.", "{by} maakte toegang {what} voor de API {other}.";
    ApiCredentialRevoked: "{by} ended the API credential {what}.", "{by} stopte API-toegang {what}.";
    InstallationChanged: "{by} set how new tokens begin: {other}.", "{by} stelde in hoe nieuwe tokens beginnen: {other}.";
    ServerKeyCreated: "{by} made the server key {other}.", "{by} maakte serversleutel {other}.";
    ServerKeyActivated: "{by} took the server key {other} into use.", "{by} nam serversleutel {other} in gebruik.";
    ServerKeyEnded: "{by} ended the server key {other}.", "{by} stopte serversleutel {other}.";
    MasterKeyRotated: "{by} encrypted the server keys under another master key.", "{by} versleutelde de serversleutels met een andere hoofdsleutel.";
    RestoreDone: "{by} restored the database from a backup.", "{by} herstelde de database uit een back-up.";
    RestoreConfirmed: "{by} confirmed what was restored.", "{by} bevestigde wat is hersteld.";
    Other: "{by} changed something: {what}.", "{by} wijzigde iets: {what}.";

    NameOrganisationCreated: "Organisation made", "Organisatie gemaakt";
    NameOrganisationRenamed: "Organisation renamed", "Organisatie hernoemd";
    NameSecondFactorRequired: "Second step made obligatory", "Tweede stap verplicht gemaakt";
    NameSecondFactorOptional: "Second step no longer obligatory", "Tweede stap niet meer verplicht";
    NameOrganisationChanged: "Organisation's settings changed", "Instellingen van organisatie gewijzigd";
    NameOrganisationSuspended: "Organisation suspended", "Organisatie stilgezet";
    NameOrganisationResumed: "Organisation works again", "Organisatie weer aangezet";
    NameMemberInvited: "Person invited", "Iemand uitgenodigd";
    NameInvitationWithdrawn: "Invitation withdrawn", "Uitnodiging ingetrokken";
    NameEmailVerified: "E-mail address confirmed", "E-mailadres bevestigd";
    NameMemberJoined: "Member joined", "Lid geworden";
    NameMemberRoleChanged: "Member's roles changed", "Rollen van lid gewijzigd";
    NameMemberMoved: "Member moved", "Lid verplaatst";
    NameMemberRemoved: "Member removed", "Lid verwijderd";
    NameTokenCreated: "Token made", "Token gemaakt";
    NameTokenChanged: "Token changed", "Token gewijzigd";
    NameTokenRenewed: "Token renewed", "Token vernieuwd";
    NameTokenPaused: "Token paused", "Token gepauzeerd";
    NameTokenResumed: "Token resumed", "Token hervat";
    NameTokenDeleted: "Token deleted", "Token verwijderd";
    NameSupplierTokenCreated: "Organisation's token made", "Token van organisatie gemaakt";
    NameSupplierTokenChanged: "Organisation's token changed", "Token van organisatie gewijzigd";
    NameSupplierTokenRenewed: "Organisation's token renewed", "Token van organisatie vernieuwd";
    NameSupplierTokenPaused: "Organisation's token paused", "Token van organisatie gepauzeerd";
    NameSupplierTokenResumed: "Organisation's token resumed", "Token van organisatie hervat";
    NameSupplierTokenDeleted: "Organisation's token deleted", "Token van organisatie verwijderd";
    NameKeyCreated: "Key made", "Sleutel gemaakt";
    NameKeyUpdated: "Key changed", "Sleutel gewijzigd";
    NameKeyRotated: "Key rotated", "Sleutel vernieuwd";
    NameKeyPrivateKeyEnded: "Private key ended", "Private sleutel gestopt";
    NameKeyPaused: "Key paused", "Sleutel gepauzeerd";
    NameKeyResumed: "Key resumed", "Sleutel hervat";
    NameKeyRevoked: "Key ended", "Sleutel gestopt";
    NameKeyAccessEnded: "Access of key ended", "Toegang van sleutel gestopt";
    NameProjectCreated: "Project made", "Project gemaakt";
    NameProjectRenamed: "Project renamed", "Project hernoemd";
    NameProjectClosed: "Project closed", "Project gesloten";
    NameDelegationGranted: "Delegation given", "Machtiging gegeven";
    NameDelegationPassedOn: "Delegation passed on", "Machtiging doorgegeven";
    NameDelegationAccepted: "Delegation accepted", "Machtiging aangenomen";
    NameDelegationChanged: "Delegation changed", "Machtiging gewijzigd";
    NameDelegationConfirmed: "Delegation confirmed", "Machtiging bevestigd";
    NameDelegationPaused: "Delegation paused", "Machtiging gepauzeerd";
    NameDelegationResumed: "Delegation resumed", "Machtiging hervat";
    NameDelegationCloseScheduled: "Closing announced", "Sluiting aangekondigd";
    NameDelegationClosed: "Delegation closed", "Machtiging gesloten";
    NameConsentGiven: "App got access", "App kreeg toegang";
    NameConsentWithdrawn: "App's access ended", "Toegang van app gestopt";
    NameConsentAccessEnded: "App's sign-in ended", "Aanmelding van app gestopt";
    NameAccessTokenEnded: "One access ended", "Eén toegang gestopt";
    NameUserCreated: "Account made", "Account gemaakt";
    NameUserChanged: "Account changed", "Account gewijzigd";
    NameUserSuspended: "Person suspended", "Persoon stilgezet";
    NameUserResumed: "Person works again", "Persoon weer aangezet";
    NameUserErased: "Person erased", "Persoon gewist";
    NameUserSignedIn: "Signed in", "Ingelogd";
    NameUserSignedOut: "Signed out", "Uitgelogd";
    NamePasswordChanged: "Password set", "Wachtwoord ingesteld";
    NameTotpAdded: "App with codes set up", "App met codes ingesteld";
    NameTotpRemoved: "App with codes removed", "App met codes weggehaald";
    NameRecoveryCodesMade: "Recovery codes made", "Herstelcodes gemaakt";
    NameRecoveryCodeUsed: "Recovery code used", "Herstelcode gebruikt";
    NamePasskeyAdded: "Passkey added", "Passkey toegevoegd";
    NamePasskeyRemoved: "Passkey removed", "Passkey weggehaald";
    NamePasskeySuspected: "Passkey copied perhaps", "Passkey misschien gekopieerd";
    NameSecondFactorsRemoved: "Second factors removed", "Tweede factoren weggehaald";
    NameUpstreamLinked: "Sign-in linked", "Inlogmanier gekoppeld";
    NameUpstreamUnlinked: "Sign-in unlinked", "Inlogmanier ontkoppeld";
    NameAuditExported: "Audit log downloaded", "Logboek gedownload";
    NameOperatorActed: "Operator looked", "Beheerder keek mee";
    NameOperatorAppointed: "Operator appointed", "Beheerder van server aangewezen";
    NameOperatorDismissed: "Operator dismissed", "Beheerder van server ontslagen";
    NameOperatorTokenCreated: "Operator token made", "Beheertoken gemaakt";
    NameOperatorTokenRevoked: "Operator token ended", "Beheertoken gestopt";
    NameApiDefined: "API defined", "API vastgelegd";
    NameApiRemoved: "API removed", "API verwijderd";
    NameAnnouncementMade: "Change of an API announced", "Wijziging van API aangekondigd";
    NameAnnouncementWithdrawn: "Announcement withdrawn", "Aankondiging ingetrokken";
    NameApiCredentialCreated: "API credential made", "API-toegang gemaakt";
    NameApiCredentialRevoked: "API credential ended", "API-toegang gestopt";
    NameInstallationChanged: "Prefix set", "Begin van tokens ingesteld";
    NameServerKeyCreated: "Server key made", "Serversleutel gemaakt";
    NameServerKeyActivated: "Server key in use", "Serversleutel in gebruik";
    NameServerKeyEnded: "Server key ended", "Serversleutel gestopt";
    NameMasterKeyRotated: "Master key changed", "Hoofdsleutel gewijzigd";
    NameRestoreDone: "Restored", "Hersteld";
    NameRestoreConfirmed: "Restore confirmed", "Herstel bevestigd";

    ByOperator: "The operator of this server", "De beheerder van deze server";
    ByServer: "The server", "De server";
    ByClient: "The app {name}", "De app {name}";
    ByUnknownClient: "An app", "Een app";
    ByErased: "An erased person", "Een gewiste persoon";
    ByElsewhere: "Somebody of another organisation", "Iemand van een andere organisatie";
    Erased: "an erased person", "een gewiste persoon";
    Unnamed: "(no longer there)", "(bestaat niet meer)";
    AndMore: " and {count} more", " en nog {count}";
    Reason: "Reason: {reason}.", "Reden: {reason}.";
    MayAll: "everything", "alles";
    MayNothing: "nothing", "niets";
    NoEnd: "without an end", "zonder einddatum";
    UntilDay: "until {day}", "tot en met {day}";
    NoRoles: "no role", "geen rol";
    Owner: "administrator", "beheerder";
    KeyManager: "key manager", "sleutelbeheerder";
    ProjectManager: "project manager", "projectbeheerder";
    Member: "member", "lid";
    AuditReader: "log reader", "lezer logboek";

    ViaPage: "page", "pagina";
    ViaToken: "token", "token";
    ViaOperatorPage: "operator page", "beheerpagina";
    ViaOperatorToken: "operator token", "beheertoken";
    ViaClient: "app", "app";
    ViaServer: "server", "server";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::{Language, places};

    #[test]
    fn every_action_has_its_sentence_in_both_languages() {
        for text in Text::ALL {
            let (english, dutch) = (text.of(Language::En), text.of(Language::Nl));
            assert_eq!(places(english), places(dutch), "{english}");
            assert!(dutch.split_whitespace().count() < 20 && !english.is_empty() && !dutch.is_empty(), "{dutch}");
        }
        for (place, (action, _)) in ACTIONS.iter().enumerate() {
            assert!(ACTIONS[..place].iter().all(|(other, _)| other != action), "{action} stands twice");
            assert!(sentence(action) != Text::Other, "{action}");
        }
    }
}
