"""What mail servers answer when they refuse, as they word it; hosts and addresses are invented."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """An SMTP reply. With an empty `code` it is the sending server's own finding."""

    text: str
    code: str = ""
    status: str = ""
    stage: str = "RCPT TO"

    def filled(self, **values: str) -> Reply:
        return Reply(self.text.format(**values), self.code, self.status, self.stage)

    @property
    def line(self) -> str:
        return " ".join(part for part in (self.code, self._enhanced, self.text) if part)

    @property
    def _enhanced(self) -> str:
        """Some servers send no enhanced code; the report then has x.0.0."""
        return "" if self.status.endswith(".0.0") else self.status if self.code else ""


REPLIES = {
    # the mailbox
    "virtual": Reply("<{address}>: Recipient address rejected: User unknown in virtual mailbox table", "550", "5.1.1"),
    "local": Reply("<{address}>: Recipient address rejected: User unknown in local recipient table", "550", "5.1.1"),
    "relay": Reply("<{address}>: Recipient address rejected: User unknown in relay recipient table", "550", "5.1.1"),
    "user_unknown": Reply("<{address}>... User unknown", "550", "5.1.1"),
    "no_such_user": Reply("No Such User Here", "550", "5.0.0"),
    "unknown_plain": Reply("User unknown", "550", "5.0.0"),
    "no_mailbox": Reply("Sorry, no mailbox here by that name. (#5.1.1)"),
    "gmx_unavailable": Reply("Requested action not taken: mailbox unavailable", "550", "5.0.0"),
    "recipient_not_found": Reply(
        "RESOLVER.ADR.RecipientNotFound; Recipient {address} not found by SMTP address lookup", "550", "5.1.10"
    ),
    "recip_not_found": Reply("RESOLVER.ADR.RecipNotFound; not found", "550", "5.1.1"),
    "access_denied": Reply(
        "Recipient address rejected: Access denied. For more information see"
        " https://aka.outlook.example/EXOSmtpErrors [AM4PEPF0001E62.eurprd05.prod.outlook.example {stamp}]",
        "550",
        "5.4.1",
    ),
    "no_such_account": Reply(
        "The email account that you tried to reach does not exist. Please try double-checking the recipient's email"
        " address for typos or unnecessary spaces. For more information, go to"
        " https://support.freemail.example/mail/?p=NoSuchUser {token} - gsmtp",
        "550",
        "5.1.1",
    ),
    "address_not_found": Reply(
        "The email account that you tried to reach does not exist. Please try double-checking the recipient's email"
        " address for typos or unnecessary spaces. Learn more at"
        " https://support.freemail.example/mail/?p=NoSuchUser {token} - gsmtp",
        "550",
        "5.1.1",
    ),
    "not_listed": Reply("User {local} ({address}) not listed in Domino Directory", "550", "5.1.1"),
    "disabled": Reply("<{address}>: Recipient address rejected: This mailbox is disabled", "550", "5.2.1"),
    "inactive": Reply("The email account that you tried to reach is inactive: <{address}>", "550", "5.2.1"),
    # the domain
    "no_domain": Reply(
        "Host or domain name not found. Name service error for name={domain} type=AAAA: Host not found", "", "5.4.4"
    ),
    "null_mx": Reply("Domain {domain} does not accept mail (nullMX)", "", "5.1.0"),
    "unrouteable": Reply("Unrouteable address"),
    "no_host": Reply("Sorry, I couldn't find any host named {domain}. (#5.1.2)"),
    # full
    "full": Reply("<{address}>: Mailbox is full / quota exceeded", "552", "5.2.2"),
    "over_quota": Reply(
        "The email account that you tried to reach is over quota. Please direct the recipient to"
        " https://support.freemail.example/mail/?p=OverQuotaPerm {token} - gsmtp",
        "552",
        "5.2.2",
    ),
    "quota_reached": Reply("{address}: mailbox full, message rejected", "552", "5.0.0"),
    # taken for spam
    "barracuda": Reply(
        "permanent failure for one or more recipients ({address}:blocked)", "550", "5.0.0", "end of DATA"
    ),
    "proofpoint": Reply(
        "Message blocked as spam by Proofpoint (rule: url-reputation) - {token}", "550", "5.7.0", "end of DATA"
    ),
    "ask_postmaster": Reply(
        "IP=203.0.113.25 - A problem occurred. (Ask your postmaster for help or to contact"
        " tosa@rx.t-online-mail.example to clarify.)",
        "554",
        "5.0.0",
        "initial server greeting",
    ),
    "gateway_policy": Reply(
        "Message rejected by content policy: classified as spam, suspicious link (ref {token})",
        "554",
        "5.7.1",
        "end of DATA",
    ),
    # the way
    "timed_out": Reply("connect to {host}[{ip}]:25: Connection timed out", "", "4.4.1"),
    "retry_timeout": Reply("retry timeout exceeded"),
    "greylisted": Reply(
        "<{address}>: Recipient address rejected: Greylisted, see https://postgrey.geologie-mertens.example/help",
        "450",
        "4.2.0",
    ),
}
