"""What Gradio keeps of its visitors, bounded: replies that nobody fetches are forgotten."""

import asyncio
from collections.abc import Sequence

import gradio as gr
from gradio.queueing import Queue

UNFETCHED_S = 60.0
"""After which a reply that lies there is looked at; one that lies there the next time too goes."""


async def forget_unfetched(pages: Sequence[gr.Blocks], every_s: float = UNFETCHED_S) -> None:
    """Looks at some pages again and again, until it is cancelled."""
    left: list[frozenset[str]] = [frozenset()] * len(pages)
    while True:
        await asyncio.sleep(every_s)
        left = [await sweep(page, before) for page, before in zip(pages, left, strict=True)]


async def sweep(page: gr.Blocks, before: frozenset[str]) -> frozenset[str]:
    """Forgets the sessions that were left `before` and still are; gives those that are left now."""
    queue = page._queue
    sessions = {*queue.pending_messages_per_session, *queue.pending_event_ids_session}
    left = frozenset(session for session in sessions if _is_left(queue, session))
    for session in left & before:
        await queue.clean_events(session_hash=session)
        queue.pending_messages_per_session.pop(session, None)
        queue.pending_event_ids_session.pop(session, None)
    return left - before


def _is_left(queue: Queue, session: str) -> bool:
    """Whether a session has replies that nobody has fetched, or awaits none."""
    messages = queue.pending_messages_per_session.get(session)
    unfetched = messages is not None and not messages.empty()
    return unfetched or not queue.pending_event_ids_session.get(session)
