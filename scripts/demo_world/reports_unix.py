"""Reports as Postfix, Exim, Sendmail and qmail write them."""

from __future__ import annotations

import textwrap
from datetime import timedelta

from demo_world.ours import (
    OUT,
    OUT_IP,
    SENDER,
    SUPPORT,
    Failed,
    Returned,
    arrival,
    header,
    hexes,
    ip_of,
    our_headers,
    our_mail,
    our_text,
    queue_id,
    stamp,
)


def postfix(returned: Returned) -> str:
    """Our own Postfix: the other side refused, or could not be found."""
    top = (
        f"Return-Path: <>\nX-Original-To: {SENDER}\nDelivered-To: {SUPPORT}\n"
        f"Received: by {OUT} (Postfix)\n\tid {queue_id(returned.lot)}; {stamp(returned.at)}\n"
    )
    return top + _postfix_report(returned, OUT, "", 0 if returned.delayed else returned.lot.randrange(5))


def postfix_there(returned: Returned) -> str:
    """The Postfix of the other side, which took the mail and could not forward it."""
    host, moment = returned.host, returned.at
    top = arrival(host, returned.ip, moment, returned.lot)
    top += f"Received: by {host} (Postfix)\n\tid {queue_id(returned.lot)}; {stamp(moment - timedelta(seconds=1))}\n"
    return top + _postfix_report(returned, host, f" (expanded from\n    <{returned.first.address}>)", 1)


def _postfix_report(returned: Returned, host: str, expanded: str, headers_only: int) -> str:
    lot, moment = returned.lot, stamp(returned.at)
    queue = queue_id(lot)
    boundary = f"{queue}.{lot.randint(1_789_000_000, 1_795_000_000)}/{host}"
    unicode_address = not all(one.address.isascii() for one in returned.failed)
    report_type, address_type = (
        ("global-delivery-status", "utf-8") if unicode_address else ("delivery-status", "rfc822")
    )
    returned_type = "global" if unicode_address else "rfc822"
    subject = "Delayed Mail (still being retried)" if returned.delayed else "Undelivered Mail Returned to Sender"
    said = "\n\n".join(_postfix_prose(returned, one, expanded) for one in returned.failed)
    fields = "\n\n".join(_postfix_fields(returned, one, address_type) for one in returned.failed)
    if returned.delayed or headers_only == 0:
        part = f"Content-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n{_EIGHT_BIT}\n"
        part += f"Return-Path: <{SENDER}>\n{our_headers(returned)}"
    else:
        part = f"Content-Description: Undelivered Message\nContent-Type: message/{returned_type}\n{_EIGHT_BIT}\n"
        part += f"Return-Path: <{SENDER}>\n{our_mail(returned)}"
    return f"""Date: {moment}
From: Mail Delivery System <MAILER-DAEMON@{host}>
Subject: {subject}
To: {SENDER}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
Content-Transfer-Encoding: 8bit
Message-Id: <{queue_id(lot)}@{host}>

This is a MIME-encapsulated message.

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
{_EIGHT_BIT}
This is the mail system at host {host}.

{_POSTFIX_WARNING if returned.delayed else _POSTFIX_SORRY}
For further assistance, please send mail to postmaster.

If you do so, please include this problem report. You can
delete your own text from the attached returned message.

                   The mail system

{said}

--{boundary}
Content-Description: Delivery report
Content-Type: message/{report_type}
{_EIGHT_BIT if unicode_address else ""}
Reporting-MTA: dns; {host}
X-Postfix-Queue-ID: {queue}
X-Postfix-Sender: rfc822; {SENDER}
Arrival-Date: {stamp(returned.mail.sent_at)}

{fields}

--{boundary}
{part}
--{boundary}--
"""


_EIGHT_BIT = "Content-Transfer-Encoding: 8bit\n"
_POSTFIX_SORRY = """I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.
"""
_POSTFIX_WARNING = """####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than 4 hour(s).
It will be retried until it is 5 day(s) old.
"""


def _postfix_prose(returned: Returned, one: Failed, expanded: str) -> str:
    who = f"<{one.final or one.address}>{expanded}"
    if one.reply.code:
        host, ip = _peer(returned, one)
        command = "" if "greeting" in one.reply.stage else " command"
        said = f"{who}: host {host}[{ip}] said: {one.reply.line} (in reply to {one.reply.stage}{command})"
    else:
        said = f"{who}: {one.reply.text}"
    return _folded(said)


def _postfix_fields(returned: Returned, one: Failed, address_type: str) -> str:
    lines = [
        f"Final-Recipient: {address_type}; {one.final or one.address}",
        f"Original-Recipient: rfc822;{one.address}",
        f"Action: {'delayed' if returned.delayed else 'failed'}",
        f"Status: {one.reply.status}",
    ]
    if one.reply.code:
        lines += [f"Remote-MTA: dns; {_peer(returned, one)[0]}", _folded(f"Diagnostic-Code: smtp; {one.reply.line}")]
    else:
        lines += [_folded(f"Diagnostic-Code: X-Postfix; {one.reply.text}")]
    if returned.delayed:
        lines += [f"Will-Retry-Until: {stamp(returned.mail.sent_at + timedelta(days=5))}"]
    return "\n".join(lines)


def _peer(returned: Returned, one: Failed) -> tuple[str, str]:
    if one.final:
        host = "mx00." + one.final.rpartition("@")[2]
        return host, ip_of(host)
    return returned.host, returned.ip


def _folded(text: str) -> str:
    return textwrap.fill(
        text, 76, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )


def exim(returned: Returned) -> str:
    """The Exim of the other side's provider."""
    lot, one, host = returned.lot, returned.first, returned.host
    number = _exim_number(returned)
    boundary = f"{lot.randint(1_789_000_000, 1_795_000_000)}-eximdsn-{lot.randint(1, 2**31)}"
    if returned.delayed:
        subject, failed = f"Warning: message {number} delayed 24 hours", ""
        fields = f"Action: delayed\nFinal-Recipient: rfc822;{one.address}\nStatus: 4.0.0\n"
        text = _EXIM_WARNING.format(
            host=host,
            number=number,
            subject=header(returned.protocol.subject),
            date=stamp(returned.mail.sent_at),
            address=one.address,
            domain=one.domain,
        )
        part = f"Content-type: text/rfc822-headers\n\nReturn-path: <{SENDER}>\n{our_headers(returned)}"
    else:
        subject = "Mail delivery failed: returning message to sender"
        failed = f"X-Failed-Recipients: {one.address}\n"
        # Exim has no status but this one, whatever the other server said.
        fields = f"Action: failed\nFinal-Recipient: rfc822;{one.address}\nStatus: 5.0.0\n"
        if one.reply.code:
            fields += f"Remote-MTA: dns; mbox.{one.domain}\nDiagnostic-Code: smtp; {one.reply.line}\n"
        text = _EXIM_SORRY.format(address=one.address, why=_exim_reason(one))
        part = f"Content-type: message/rfc822\n\nReturn-path: <{SENDER}>\n{our_mail(returned)}"
    return f"""{arrival(host, returned.ip, returned.at, lot)}Received: from Debian-exim by {host} with local (Exim 4.96)
	id {number}
	for {SENDER};
	{stamp(returned.at - timedelta(seconds=1))}
{failed}Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@{host}>
To: {SENDER}
References: <{returned.mail.message_id}>
Content-Type: multipart/report; report-type=delivery-status; boundary={boundary}
MIME-Version: 1.0
Subject: {subject}
Message-Id: <E{number}@{host}>
Date: {stamp(returned.at)}

--{boundary}
Content-type: text/plain; charset=us-ascii

{text}
--{boundary}
Content-type: message/delivery-status

Reporting-MTA: dns; {host}

{fields}
--{boundary}
{part}
--{boundary}--
"""


def _exim_number(returned: Returned) -> str:
    return "-".join((f"1v{hexes(returned.lot, 4)}", hexes(returned.lot, 6), hexes(returned.lot, 2)))


def _exim_reason(one: Failed) -> str:
    if not one.reply.code:
        return f"    {one.reply.text}"
    return (
        f"    host mbox.{one.domain} [10.0.4.12]\n"
        f"    SMTP error from remote mail server after RCPT TO:<{one.address}>:\n    {one.reply.line}"
    )


_EXIM_SORRY = """This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {address}
{why}
"""
_EXIM_WARNING = """This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on {host}.

The message identifier is:     {number}
The subject of the message is: {subject}
The date of the message is:    {date}

The address to which the message has not yet been delivered is:

  {address}
    host mbox.{domain} [10.0.4.12]
    Delay reason: Connection timed out

No action is required on your part. Delivery attempts will continue for
some time, and this warning may be repeated at intervals if the message
remains undelivered. Eventually the mail delivery software will give up,
and when that happens, the message will be returned to you.
"""


def exim_malformed(returned: Returned) -> str:
    """Exim handed a recipient that is no address at all: it says so at once, without a report for machines."""
    lot, one = returned.lot, returned.first
    local, _, rest = one.address.partition(",")
    number = _exim_number(returned)
    host = "app1.iprot.example"
    top = arrival(host, "203.0.113.24", returned.at, lot)
    return f"""{top}Received: from Debian-exim by {host} with local (Exim 4.96)
	id {number}
	for {SENDER};
	{stamp(returned.at)}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@{host}>
To: {SENDER}
References: <{returned.mail.message_id}>
Subject: Mail failure - malformed recipient address
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit
Message-Id: <E{number}@{host}>
Date: {stamp(returned.at)}

This message was created automatically by mail delivery software.

A message that you sent contained a recipient address that was incorrectly
constructed:

  {one.address}: malformed address: ,{rest} may not follow {local}

This address has been ignored. There were no other addresses in your message,
and so no delivery at all was possible.

------ This is a copy of your message, including all the headers. ------

{our_headers(returned, relayed=False)}
{our_text(returned)}"""


def sendmail(returned: Returned) -> str:
    """The Sendmail of the other side."""
    lot, one, host = returned.lot, returned.first, returned.host
    number = f"{hexes(lot, 8)[:8].lower()}0{lot.randint(10000, 99999)}"
    boundary = f"{number}.{lot.randint(1_789_000_000, 1_795_000_000)}/{host}"
    inner = f"imap.{one.domain}"
    return f"""{arrival(host, returned.ip, returned.at, lot)}Received: from localhost (localhost)
	by {host} (8.17.1/8.17.1) id {number};
	{stamp(returned.at - timedelta(seconds=1))}
Date: {stamp(returned.at)}
From: Mail Delivery Subsystem <MAILER-DAEMON@{host}>
Message-Id: <{hexes(lot, 12)}.{number}@{host}>
To: <{SENDER}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="{boundary}"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

This is a MIME-encapsulated message

--{boundary}

The original message was received at {stamp(returned.mail.sent_at)}
from {OUT} [{OUT_IP}]

   ----- The following addresses had permanent fatal errors -----
<{one.address}>
    (reason: {one.reply.line})

   ----- Transcript of session follows -----
... while talking to {inner}.:
>>> DATA
<<< {one.reply.line}
550 5.1.1 <{one.address}>... User unknown
<<< 503 5.0.0 Need RCPT (recipient)

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
Received-From-MTA: DNS; {OUT}
Arrival-Date: {stamp(returned.mail.sent_at)}

Final-Recipient: RFC822; {one.address}
Action: failed
Status: {one.reply.status}
Remote-MTA: DNS; {inner}
Diagnostic-Code: SMTP; {one.reply.line}
Last-Attempt-Date: {stamp(returned.at)}

--{boundary}
Content-Type: text/rfc822-headers

Return-Path: <{SENDER}>
{our_headers(returned)}
--{boundary}--
"""


def qmail(returned: Returned) -> str:
    return _qmail_top(returned) + (
        f"\n--- Below this line is a copy of the message.\n\nReturn-Path: <{SENDER}>\n{our_mail(returned)}"
    )


def qmail_bare(returned: Returned) -> str:
    """An old qmail that keeps the message to itself: nothing tells which mail it was."""
    return _qmail_top(returned)


def _qmail_top(returned: Returned) -> str:
    lot, one, host = returned.lot, returned.first, returned.host
    top = arrival(host, returned.ip, returned.at, lot)
    return f"""{top}Received: (qmail {lot.randint(1000, 64000)} invoked for bounce); {stamp(returned.at)}
Date: {stamp(returned.at)}
From: MAILER-DAEMON@{host}
To: {SENDER}
Subject: failure notice

Hi. This is the qmail-send program at {host}.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{one.address}>:
{one.reply.text}
"""
