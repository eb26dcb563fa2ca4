package io.inmesh.call;

/**
 * A copy of a request (mirroring): an attempt of its own that is sent once and whose response
 * nobody reads. It has its own limits, time limit and metrics; nothing that happens to it is seen
 * by the call it was copied from.
 *
 * <p>A transport gets it by {@link CallTransport#mirror}, before the request is first sent, and
 * drives it like any other {@link Attempt}, only that
 *
 * <ul>
 *   <li>{@link #decorate} gets a copy of the request head, made when {@code mirror} was called:
 *       what later attempts write into the head is none of the shadow's business;
 *   <li>the body is teed: while the request is being sent, what is sent is also kept for the
 *       shadow, at most {@link #bufferBytes} that the shadow has not written yet. A request that is
 *       replayable as a whole needs no such buffer. Never does the request wait for its shadow:
 *       where the buffer is full, and where the request's body breaks off, the shadow is {@link
 *       #failed} with {@link Failure#OVERFLOW} or {@link Failure#CLOSED} and reset;
 *   <li>head, body and trailers of the response are reported ({@link #head}, {@link #progress},
 *       {@link #end}) and thrown away; {@link CallTransport#deliver} is never called for it;
 *   <li>it may outlive its call: {@link CallTransport#schedule} and {@link CallTransport#abandon}
 *       are used for it after the call has ended.
 * </ul>
 */
public interface Shadow extends Attempt {
  /** How much of a body that streams may wait for this copy, in bytes. */
  int bufferBytes();
}
