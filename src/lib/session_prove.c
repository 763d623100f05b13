/* SPDX-License-Identifier: MIT */
/*
 * Lets the connections of an authenticated session prove that they lead to the peer.
 *
 * Theory of operation
 *
 * Every connection gets a TLS handshake of its own, with the PSK of the pairing; without a server
 * the PSK comes from a greeting on the connection itself, which is sent at once by both sides.
 * Bytes go between the descriptor and the handshake whenever the loop says that they can.
 *
 * Role A is the TLS server. A ClientHello whose binder is right is the proof, when it comes from an
 * address of the peer's: the server's flight stays in the output until core has adopted the
 * connection. So one connection alone is answered, and role B, which adopts what completes, adopts
 * the same one. Role A can write half a round trip before the client's Finished reaches it, and
 * what it writes reaches role B one round trip after the connection stood; to wait for Finished
 * would cost one more.
 *
 * But a ClientHello can be recorded and sent again, and shows nothing but that somebody has seen
 * it. (Not where greetings are exchanged: there each connection has a PSK of its own.) So one that
 * comes from another address is answered, not adopted: its author alone can finish. From the first
 * such answer on, every connection is answered and the one is adopted whose Finished comes. Role B
 * finishes on one connection only, the first that is answered, so the two still adopt the same
 * one; and a replay neither wins nor delays. Whoever has the peer's address (behind the same NAT,
 * or on the path, where it can cut connections as well) and is faster than the author can win a
 * connection that leads nowhere: the stream then ends as lost, since Finished does not come in
 * time (stream.c).
 *
 * With MIDAIR_PLAIN nobody reads TLS after the handshake, so role A must see the client's Finished
 * in any case before it hands the descriptor out. is_handshake_only reads no byte of what follows.
 *
 * What fails is not answered at all; only after a greeting, which has told as much already, does
 * an alert say that the secrets differ.
 *
 * Nothing is fed to core from within prove_start(): that runs among other actions of one event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/session_greet.h"
#include "lib/session_internal.h"
#include "lib/stream_internal.h"
#include "os/cleanup.h"
#include "os/socket.h"
#include "os/stream_socket.h"

struct proof {
	struct greet *greet; /* until both greetings are there */
	struct tls *tls;     /* then */
	bool is_server;
	bool is_greeted;
	bool is_answered; /* server: although the hello may be a replayed one */
	int result;	  /* why it could not even begin; 0 */
};

/* What a look at a connection has found. */
enum verdict {
	VERDICT_OPEN,
	VERDICT_PROVEN,
	VERDICT_FOREIGN, /* not the peer; proof->result says why */
	VERDICT_LOST,
	VERDICT_GONE, /* core has dropped it meanwhile, and the proof with it */
};

/* RFC 8446, 6.2: fatal, decrypt_error, in a record without encryption. */
static const uint8_t wrong_secret_alert[] = {21, 3, 3, 0, 2, 2, 51};

static bool is_plain(const struct midair_session *session)
{
	return (session->config.flags & MIDAIR_PLAIN) != 0;
}

static int open_tls(const struct midair_session *session, struct proof *proof,
		    const uint8_t psk[TLS_PSK_BYTES])
{
	struct tls_config config = {
		.is_server = proof->is_server,
		.is_handshake_only = is_plain(session),
	};
	int result;

	memcpy(config.psk, psk, sizeof(config.psk));
	result = tls_new(&proof->tls, &config);
	secret_forget(&config, sizeof(config));
	return result;
}

/* Not before it is decided how the hello is answered. */
static bool is_held_back(const struct proof *proof)
{
	return tls_state(proof->tls) == TLS_PROVEN && !proof->is_answered;
}

static const uint8_t *output_of(const struct midair_session *session, uint32_t connection,
				size_t *size)
{
	const struct proof *proof = session->proofs[connection];

	*size = 0;
	if (proof->greet != NULL)
		return greet_output(proof->greet, size);
	if (proof->tls == NULL || is_held_back(proof))
		return NULL;
	return tls_output(proof->tls, size);
}

/* Returns 0, also when some bytes must wait, or -errno. */
static int send_output(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = session->proofs[connection];
	const uint8_t *bytes;
	size_t size;

	while ((bytes = output_of(session, connection, &size)), size > 0) {
		ssize_t n = stream_socket_send(session->fds[connection], bytes, size);

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		if (proof->greet != NULL)
			greet_sent(proof->greet, (size_t)n);
		else
			tls_sent(proof->tls, (size_t)n);
	}
	return 0;
}

static void watch(struct midair_session *session, uint32_t connection)
{
	int fd = session->fds[connection];
	size_t size;

	output_of(session, connection, &size);
	loop_watch_stream(&session->loop, fd, connection,
			  size > 0 || session->proofs[connection]->result != 0);
}

void prove_start(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = calloc(1, sizeof(*proof));

	session->proofs[connection] = proof;
	if (proof == NULL)
		return; /* its time will run out */
	proof->is_server = session->is_server;
	if (session->greeter != NULL)
		proof->result = greet_new(&proof->greet, session->greeter);
	else
		proof->result = open_tls(session, proof, session->psk);
	/* A ClientHello follows the greeting, which the peer's kernel may acknowledge late. */
	socket_set_no_delay(session->fds[connection], true);
	/* A failure shows again at the next look. */
	if (proof->result == 0)
		send_output(session, connection);
	watch(session, connection);
}

/* Both greetings are there: from here on it is TLS. */
static enum verdict finish_greeting(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = session->proofs[connection];
	uint8_t psk[TLS_PSK_BYTES];

	session_feed(session, &(struct session_event){
				      .type = SESSION_EVENT_EXCHANGED,
				      .connection = connection,
			      });
	if (session->proofs[connection] != proof)
		return VERDICT_GONE;
	proof->result = greet_finish(proof->greet, &proof->is_server, psk);
	proof->greet = greet_free(proof->greet);
	proof->is_greeted = true;
	if (proof->result == 0)
		proof->result = open_tls(session, proof, psk);
	secret_forget(psk, sizeof(psk));
	return proof->result == 0 ? VERDICT_OPEN : VERDICT_FOREIGN;
}

static enum verdict judge_greeting(struct midair_session *session, uint32_t connection,
				   bool *has_moved)
{
	const struct greet *greet = session->proofs[connection]->greet;

	*has_moved = greet_is_complete(greet);
	return *has_moved ? finish_greeting(session, connection) : VERDICT_OPEN;
}

/* Whether a hello proves enough. Once another one was answered, Finished decides. */
static bool is_hello_enough(const struct midair_session *session, uint32_t connection)
{
	if (is_plain(session) || session->has_answered)
		return false;
	return session->greeter != NULL || session_is_named(&session->core, connection);
}

static enum verdict judge_tls(struct midair_session *session, uint32_t connection,
			      bool *has_moved)
{
	struct proof *proof = session->proofs[connection];
	size_t size;

	switch (tls_state(proof->tls)) {
	case TLS_HANDSHAKE:
		return VERDICT_OPEN;
	case TLS_PROVEN:
		if (!proof->is_answered && is_hello_enough(session, connection))
			return VERDICT_PROVEN;
		*has_moved = !proof->is_answered;
		proof->is_answered = true;
		session->has_answered = true;
		return VERDICT_OPEN;
	case TLS_DONE:
		/* With PLAIN nobody else sends the client's Finished. */
		output_of(session, connection, &size);
		return size == 0 || !is_plain(session) ? VERDICT_PROVEN : VERDICT_OPEN;
	case TLS_ENDED:
	case TLS_FAILED:
		break;
	}
	proof->result = MIDAIR_E_AUTHENTICATION;
	return VERDICT_FOREIGN;
}

/* One recv(). */
static enum verdict receive(struct midair_session *session, uint32_t connection,
			    bool *has_moved)
{
	struct proof *proof = session->proofs[connection];
	size_t size;
	uint8_t *bytes = proof->greet != NULL ? greet_input(proof->greet, &size)
					      : tls_input(proof->tls, &size);
	ssize_t n;

	if (size == 0)
		return VERDICT_OPEN;
	n = stream_socket_receive(session->fds[connection], bytes, size);
	if (n == -EAGAIN)
		return VERDICT_OPEN;
	if (n <= 0) {
		proof->result = n < 0 ? (int)n : MIDAIR_E_PEER_LEFT;
		return VERDICT_LOST;
	}
	*has_moved = true;
	if (proof->greet != NULL)
		proof->result = greet_received(proof->greet, (size_t)n);
	else
		tls_received(proof->tls, (size_t)n);
	return proof->result == 0 ? VERDICT_OPEN : VERDICT_FOREIGN;
}

/* Sends, judges and receives until nothing more can be done. */
static enum verdict look(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = session->proofs[connection];
	enum verdict verdict = proof->result == 0 ? VERDICT_OPEN : VERDICT_FOREIGN;
	bool has_moved = true;

	while (verdict == VERDICT_OPEN && has_moved) {
		has_moved = false;
		proof->result = send_output(session, connection);
		if (proof->result < 0)
			return VERDICT_LOST;
		if (proof->greet != NULL)
			verdict = judge_greeting(session, connection, &has_moved);
		else
			verdict = judge_tls(session, connection, &has_moved);
		if (verdict == VERDICT_OPEN && !has_moved)
			verdict = receive(session, connection, &has_moved);
	}
	return verdict;
}

/* What has proved itself may have been reset in the same moment. */
static enum verdict look_again(struct midair_session *session, uint32_t connection)
{
	enum verdict verdict = look(session, connection);
	int result;

	if (verdict != VERDICT_PROVEN)
		return verdict;
	result = socket_outcome(session->fds[connection]);
	session->proofs[connection]->result = result;
	return result == 0 ? VERDICT_PROVEN : VERDICT_LOST;
}

/* Whoever greets tells apart that the secrets differ from all else; both ends shall know. */
static void tell_wrong_secret(struct midair_session *session, uint32_t connection)
{
	const struct proof *proof = session->proofs[connection];

	if (proof->is_greeted && proof->is_server)
		stream_socket_send(session->fds[connection], wrong_secret_alert,
				   sizeof(wrong_secret_alert));
}

void prove_on_descriptor(struct midair_session *session, uint32_t connection)
{
	struct session_event event = {.connection = connection};

	switch (look_again(session, connection)) {
	case VERDICT_OPEN:
		watch(session, connection);
		return;
	case VERDICT_GONE:
		return;
	case VERDICT_PROVEN:
		event.type = SESSION_EVENT_PROVEN;
		break;
	case VERDICT_FOREIGN:
		event.type = SESSION_EVENT_UNPROVEN;
		break;
	case VERDICT_LOST:
		event.type = SESSION_EVENT_LOST;
		break;
	}
	event.result = session->proofs[connection]->result;
	/* Of a relayed connection, core takes the time from the landing to the proof for the round
	 * trip to the peer (session.h). A client's proof is the answer to what it sent: it took all of
	 * the way. A server's is the first that it hears, which the peer sent without waiting for us:
	 * the way between us and the relay, there and back, is to be added. */
	if (session->proofs[connection]->is_server)
		event.round_trip_us = session->core.landings[connection].round_trip_us;
	if (event.result == MIDAIR_E_AUTHENTICATION)
		tell_wrong_secret(session, connection);
	session_feed(session, &event);
}

void prove_feed(struct midair_session *session, uint32_t connection, const uint8_t *bytes,
		size_t size)
{
	struct proof *proof = session->proofs[connection];

	if (proof == NULL || proof->tls == NULL)
		return;
	while (size > 0) {
		size_t room;
		uint8_t *input = tls_input(proof->tls, &room);
		size_t n = size < room ? size : room;

		if (n == 0) {
			proof->result = MIDAIR_E_PROTOCOL;
			break;
		}
		memcpy(input, bytes, n);
		tls_received(proof->tls, n);
		bytes += n;
		size -= n;
	}
	/* Room to send is there, so the loop comes back at once. */
	loop_watch_stream(&session->loop, session->fds[connection], connection, true);
}

void prove_forget(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = session->proofs[connection];

	if (proof == NULL)
		return;
	session->proofs[connection] = NULL;
	greet_free(proof->greet);
	tls_free(proof->tls);
	free(proof);
}

void prove_adopt(struct midair_session *session, uint32_t connection)
{
	struct proof *proof = session->proofs[connection];
	int fd = session->fds[connection];

	if (is_plain(session)) {
		socket_set_no_delay(fd, false);
		session->adopted_fd = take_fd(&session->fds[connection]);
		session->exporter = proof->tls;
		proof->tls = NULL;
	} else {
		session->adopt_result = stream_new(&session->stream, fd, proof->tls);
		if (session->adopt_result == 0) {
			session->fds[connection] = -1;
			proof->tls = NULL;
		}
	}
	prove_forget(session, connection);
}
