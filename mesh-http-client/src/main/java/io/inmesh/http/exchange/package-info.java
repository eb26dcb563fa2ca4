/**
 * One call of the {@code java.net.http} API, carried by the engine; internal to this module.
 *
 * <pre>
 * Exchange.run → Outbound.begin → start → send(attempt) → AttemptRun (a WireCall)
 *   RequestBody (buffered, or a publisher pumped one buffer at a time) → wire
 *   wire → ResponsePump (on the executor) → BodySubscriber → ResponseFuture
 * </pre>
 */
@NullMarked
package io.inmesh.http.exchange;

import org.jspecify.annotations.NullMarked;
