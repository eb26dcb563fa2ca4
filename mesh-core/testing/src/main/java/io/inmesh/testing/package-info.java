/**
 * A whole mesh in one line of a test: {@link io.inmesh.testing.InmeshTest}. For tests of
 * applications, on real sockets ({@link io.inmesh.testing.LoopbackMesh}), and for tests of policies
 * and of the library, in virtual time ({@link io.inmesh.testing.FakeMesh}).
 *
 * <pre>
 *   application ─► LoopbackMesh ─► TestEndpoint                        sockets, real time
 *   FakeMesh.get(…) ─► MeshEngine ─► SimulatedEndpoint                 no sockets, time stands still
 *   Snapshots ─► MeshEngine.update      MeshEngine.begin(FakeRequest, …, FakeTransport)
 *   FakeTransport.sent() … attempt.head/end/failed … FakeTransport.delivered()/failure()
 * </pre>
 */
@NullMarked
package io.inmesh.testing;

import org.jspecify.annotations.NullMarked;
