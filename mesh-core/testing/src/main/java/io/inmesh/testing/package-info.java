/**
 * A mesh without network or waiting, for tests: snapshots made by hand, a transport that is
 * scripted, time that stands still. For tests of applications and of the library.
 *
 * <pre>
 *   Snapshots ─► MeshEngine.update      MeshEngine.begin(FakeRequest, …, FakeTransport)
 *   FakeTransport.sent() … attempt.head/end/failed … FakeTransport.delivered()/failure()
 * </pre>
 */
@NullMarked
package io.inmesh.testing;

import org.jspecify.annotations.NullMarked;
