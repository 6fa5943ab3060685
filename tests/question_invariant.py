"""What is true of every fact, whatever was written, as a query for facts of which it is not."""

DAY = 86_400_000
RETENTION_MONTHS = 18

VIOLATIONS = """
SELECT f.customer_id, f.fact_id FROM facts f WHERE (
  f.expires_at > f.valid_from {integers}
  AND f.expires_at <= f.valid_from + {longest}
  AND (SELECT COUNT(*) FROM facts o
       WHERE o.customer_id = f.customer_id AND o.question_id = f.question_id) = 1
  AND EXISTS (
    SELECT 1 FROM why_questions q
    JOIN card_showings s ON s.customer_id = q.customer_id AND s.question_id = q.question_id
      AND s.purpose = q.purpose AND s.version = q.version
    JOIN published_purposes p ON p.purpose = s.purpose AND p.version = s.version
      AND p.lang = s.lang AND p.text_sha256 = s.text_sha256
    JOIN askings k ON k.customer_id = q.customer_id AND k.question_id = q.question_id
      AND k.text_sha256 = s.text_sha256
    JOIN answers a ON a.customer_id = q.customer_id AND a.question_id = q.question_id
    JOIN confirmations n ON n.customer_id = q.customer_id AND n.question_id = q.question_id
      AND n.answer_tag = a.tag
    WHERE q.customer_id = f.customer_id AND q.question_id = f.question_id AND q.ending IS NULL
      AND q.purpose = f.purpose AND q.version = f.version AND s.text_sha256 = f.text_sha256
      AND n.seq = f.confirmation AND n.tag = f.tag
      AND q.proposed_at <= s.shown_at AND s.shown_at <= k.asked_at
      AND k.asked_at <= a.answered_at AND a.answered_at <= n.confirmed_at
      AND n.confirmed_at <= f.valid_from
  )
) IS NOT TRUE
""".replace("{longest}", str(RETENTION_MONTHS * 31 * DAY))
"""Facts without the whole chain, with another purpose, version, hash or tag, or without an end."""


def violations_query(*, sqlite: bool) -> str:
    """Return the query that finds facts which must not be."""
    types = "AND typeof(f.expires_at) = 'integer' AND typeof(f.valid_from) = 'integer'"
    return VIOLATIONS.replace("{integers}", types if sqlite else "")
