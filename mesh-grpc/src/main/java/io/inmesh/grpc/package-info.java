/**
 * gRPC over the mesh: {@code mesh:///} channels and servers whose every call goes through the
 * engine. For applications: {@link io.inmesh.grpc.MeshChannels}, {@link
 * io.inmesh.grpc.MeshServers}.
 *
 * <pre>
 * stub → channel → MeshConfigSelector → MeshCall ⇄ engine (route, filters, pick, retry)
 *                                          │ one AttemptStream per attempt
 *        subchannel ← MeshLoadBalancer ← picker: the connection the engine chose
 * </pre>
 */
@NullMarked
package io.inmesh.grpc;

import org.jspecify.annotations.NullMarked;
