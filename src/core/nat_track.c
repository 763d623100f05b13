/* SPDX-License-Identifier: MIT */
#include "core/nat_track.h"

#define SECOND_NS UINT64_C(1000000000)
/* A RST's number may be this far from what its sender sent last: a window without scaling. */
#define RESET_WINDOW 65535u

static enum nat_direction opposite(enum nat_direction direction)
{
	return direction == NAT_OUTBOUND ? NAT_INBOUND : NAT_OUTBOUND;
}

enum nat_segment_class nat_track_classify(const struct segment *segment)
{
	switch (segment->flags & (SEGMENT_SYN | SEGMENT_ACK | SEGMENT_FIN | SEGMENT_RST)) {
	case SEGMENT_SYN:
		return NAT_SEGMENT_SYN;
	case SEGMENT_SYN | SEGMENT_ACK:
		return NAT_SEGMENT_SYN_ACK;
	case SEGMENT_ACK:
		return NAT_SEGMENT_ACK;
	case SEGMENT_FIN | SEGMENT_ACK:
		return NAT_SEGMENT_FIN;
	case SEGMENT_RST:
	case SEGMENT_RST | SEGMENT_ACK:
		return NAT_SEGMENT_RST;
	default:
		return NAT_SEGMENT_INVALID;
	}
}

static void note_sent(struct nat_sender *sender, const struct segment *segment)
{
	uint32_t end = segment->sequence + segment->payload_bytes +
		       ((segment->flags & SEGMENT_SYN) != 0) +
		       ((segment->flags & SEGMENT_FIN) != 0);

	if (!sender->has_sent || (int32_t)(end - sender->end_sequence) > 0)
		sender->end_sequence = end;
	sender->has_sent = true;
}

static void note_syn(struct nat_sender *sender, const struct segment *segment)
{
	*sender = (struct nat_sender){.syn_sequence = segment->sequence};
	note_sent(sender, segment);
}

void nat_track_open(struct nat_session *session, enum nat_direction direction,
		    const struct segment *segment)
{
	session->state = NAT_TCP_SYN_SENT;
	session->opener = direction;
	session->senders[opposite(direction)] = (struct nat_sender){.has_sent = false};
	note_syn(&session->senders[direction], segment);
}

bool nat_track_is_reopening(const struct nat_session *session, enum nat_direction direction,
			    const struct segment *segment)
{
	if (nat_track_classify(segment) != NAT_SEGMENT_SYN)
		return false;
	if (session->state == NAT_TCP_CLOSED)
		return direction == session->opener;
	return session->senders[NAT_OUTBOUND].has_finished &&
	       session->senders[NAT_INBOUND].has_finished;
}

/* A SYN again must be the same SYN, but for the opener's while nobody has answered. */
static enum nat_track take_syn(struct nat_session *session, const struct nat_behavior *behavior,
			       enum nat_direction direction, const struct segment *segment)
{
	struct nat_sender *sender = &session->senders[direction];
	bool is_opener = direction == session->opener;
	bool is_repeated = sender->has_sent && sender->syn_sequence == segment->sequence;

	if (direction == NAT_INBOUND && session->opener == NAT_OUTBOUND &&
	    behavior->refuses_syn_in)
		return NAT_TRACK_INVALID;
	/* A box that ignores resets must take the opener's redial, or never see another. */
	if (is_opener && session->state == NAT_TCP_SYNS_CROSSED && behavior->keeps_on_reset) {
		nat_track_open(session, direction, segment);
		return NAT_TRACK_PASS;
	}
	if (session->state == NAT_TCP_SYN_SENT) {
		note_syn(sender, segment);
		if (!is_opener)
			session->state = NAT_TCP_SYNS_CROSSED;
		return NAT_TRACK_PASS;
	}
	if (session->state == NAT_TCP_SYNS_CROSSED && (is_repeated || behavior->is_liberal)) {
		note_syn(sender, segment);
		return NAT_TRACK_PASS;
	}
	/* Linux lets a late SYN of the opener through without tracking it: the other end answers
	 * with a challenge ACK when its own connection still stands. */
	if (is_opener && session->state != NAT_TCP_SYNS_CROSSED)
		return NAT_TRACK_PASS;
	return NAT_TRACK_INVALID;
}

static enum nat_track take_opener_syn_ack(struct nat_session *session,
					  const struct nat_behavior *behavior,
					  const struct segment *segment)
{
	struct nat_sender *sender = &session->senders[session->opener];

	if (session->state != NAT_TCP_SYNS_CROSSED && session->state != NAT_TCP_SYN_RECEIVED)
		return NAT_TRACK_INVALID;
	if (segment->sequence != sender->syn_sequence && !behavior->is_liberal)
		return NAT_TRACK_INVALID;
	session->state = NAT_TCP_SYN_RECEIVED;
	return NAT_TRACK_PASS;
}

static enum nat_track take_syn_ack(struct nat_session *session,
				   const struct nat_behavior *behavior,
				   enum nat_direction direction, const struct segment *segment)
{
	struct nat_sender *sender = &session->senders[direction];

	if (direction == session->opener)
		return take_opener_syn_ack(session, behavior, segment);
	if (session->state != NAT_TCP_SYN_SENT && session->state != NAT_TCP_SYNS_CROSSED)
		return NAT_TRACK_PASS;
	if (segment->acknowledgement != session->senders[session->opener].end_sequence &&
	    !behavior->is_liberal)
		return NAT_TRACK_INVALID;
	if (!sender->has_sent)
		note_syn(sender, segment);
	session->state = NAT_TCP_SYN_RECEIVED;
	return NAT_TRACK_PASS;
}

static enum nat_track take_ack(struct nat_session *session, enum nat_direction direction,
			       const struct segment *segment)
{
	bool is_half_open =
		session->state == NAT_TCP_SYN_SENT || session->state == NAT_TCP_SYNS_CROSSED;

	if (direction != session->opener)
		return NAT_TRACK_PASS;
	if (is_half_open)
		return NAT_TRACK_INVALID;
	if (session->state == NAT_TCP_SYN_RECEIVED)
		session->state = NAT_TCP_ESTABLISHED;
	note_sent(&session->senders[direction], segment);
	return NAT_TRACK_PASS;
}

static enum nat_track take_fin(struct nat_session *session, enum nat_direction direction,
			       const struct segment *segment)
{
	if (session->state == NAT_TCP_SYN_SENT || session->state == NAT_TCP_SYNS_CROSSED)
		return NAT_TRACK_INVALID;
	if (session->state != NAT_TCP_CLOSED)
		session->state = NAT_TCP_CLOSING;
	session->senders[direction].has_finished = true;
	note_sent(&session->senders[direction], segment);
	return NAT_TRACK_PASS;
}

/*
 * Keeps blind resets out: one must acknowledge what the other side sent last, or lie near what
 * its own sender sent last. A side that has sent nothing yet may reset without an ACK.
 */
static bool is_plausible_reset(const struct nat_session *session, enum nat_direction direction,
			       const struct segment *segment)
{
	const struct nat_sender *sender = &session->senders[direction];
	const struct nat_sender *other = &session->senders[opposite(direction)];
	uint32_t distance = segment->sequence - sender->end_sequence;

	if (segment->flags & SEGMENT_ACK && other->has_sent &&
	    segment->acknowledgement == other->end_sequence)
		return true;
	if (!sender->has_sent)
		return !(segment->flags & SEGMENT_ACK);
	return distance + RESET_WINDOW <= 2 * RESET_WINDOW;
}

static enum nat_track take_reset(struct nat_session *session,
				 const struct nat_behavior *behavior,
				 enum nat_direction direction, const struct segment *segment)
{
	bool has_answer = session->senders[opposite(session->opener)].has_sent;

	if (!behavior->is_liberal && !is_plausible_reset(session, direction, segment))
		return NAT_TRACK_INVALID;
	if (behavior->keeps_on_reset)
		return NAT_TRACK_PASS;
	if (!has_answer)
		return NAT_TRACK_PASS_LAST;
	session->state = NAT_TCP_CLOSED;
	return NAT_TRACK_PASS;
}

enum nat_track nat_track_step(struct nat_session *session, const struct nat_behavior *behavior,
			      enum nat_direction direction, const struct segment *segment)
{
	switch (nat_track_classify(segment)) {
	case NAT_SEGMENT_SYN:
		return take_syn(session, behavior, direction, segment);
	case NAT_SEGMENT_SYN_ACK:
		return take_syn_ack(session, behavior, direction, segment);
	case NAT_SEGMENT_ACK:
		return take_ack(session, direction, segment);
	case NAT_SEGMENT_FIN:
		return take_fin(session, direction, segment);
	case NAT_SEGMENT_RST:
		return take_reset(session, behavior, direction, segment);
	case NAT_SEGMENT_INVALID:
		break;
	}
	return NAT_TRACK_INVALID;
}

/* The times are Linux's defaults, but for those that the behaviour names. */
uint64_t nat_track_timeout_ns(const struct nat_session *session,
			      const struct nat_behavior *behavior)
{
	switch (session->state) {
	case NAT_TCP_SYN_SENT:
	case NAT_TCP_SYNS_CROSSED:
		return behavior->syn_timeout_ns;
	case NAT_TCP_SYN_RECEIVED:
		return 60 * SECOND_NS;
	case NAT_TCP_ESTABLISHED:
		return behavior->established_timeout_ns;
	case NAT_TCP_CLOSING:
		return 120 * SECOND_NS;
	case NAT_TCP_CLOSED:
		break;
	}
	return 10 * SECOND_NS;
}
