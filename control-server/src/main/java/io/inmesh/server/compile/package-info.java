/**
 * From configuration and registry to xDS resources: pure functions, no I/O, no clock. For the
 * control server's assembly; knows {@code config} and {@code registry}, nothing of streams.
 *
 * <pre>
 * ConfigSet + RegistrySnapshot ─► ServiceCatalog (services, ports) + Membership (who answers)
 *   ─► RouteTable per (service, port, client namespace) + EndpointSet per (service, port)
 *   ─► standard Envoy protos per view (capability class × client namespace) + List&lt;Finding&gt;
 * MeshCompiler keeps the last result and says what changed: endpoints alone cost one EDS resource.
 * </pre>
 */
@NullMarked
package io.inmesh.server.compile;

import org.jspecify.annotations.NullMarked;
