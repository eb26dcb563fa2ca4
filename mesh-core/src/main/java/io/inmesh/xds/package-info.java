/**
 * From the control server to a {@link io.inmesh.model.MeshSnapshot}. For the library itself.
 *
 * <pre>
 * control server ──ADS──► AdsTransport
 *    bytes ─► decoders: proto ─► io.inmesh.model, or a Rejection with the field's path (NACK)
 *    ─► SnapshotAssembler on the control loop: listener ─► routes ─► clusters ─► endpoints
 *    ─► complete trees only ─► SnapshotSink (the engine)
 * </pre>
 */
@NullMarked
package io.inmesh.xds;

import org.jspecify.annotations.NullMarked;
