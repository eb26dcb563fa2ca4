/**
 * The ADS engine: delivers resources by (type URL, name, view) to clients that subscribe, over the
 * state-of-the-world and the incremental variant of the protocol. It knows nothing of the mesh. For
 * the translator (which publishes), the server's assembly (which binds {@link
 * io.inmesh.server.ads.AdsService}) and the admin pages.
 *
 * <pre>
 * ResourceBatch ─► ResourceStore (encode once, immutable snapshot) ─► SubscriptionIndex
 *      ─► Notice per stream ─► AdsStream (serial) ─► at most one un-ACKed response per type,
 *      as long as the Allowance lasts that all streams share
 *      ─► ResponseBytes (segments, no message objects) ─► gRPC;  ACK/NACK ─► ClientRegistry
 * </pre>
 */
@NullMarked
package io.inmesh.server.ads;

import org.jspecify.annotations.NullMarked;
