/**
 * The behaviour suite's language: a whole mesh over real sockets for one case, written once and run
 * over every transport and style.
 *
 * <pre>
 *   world.config(YAML) ─► control server ─► world.serve(service, behaviour) … world.client(service)
 *                                                  instance.requests() ◄─ caller.get("service/path")
 * </pre>
 *
 * <p>A case is a method that takes a {@link io.inmesh.conformance.world.World}:
 *
 * <pre>
 *   &#64;OverEveryTransport
 *   void exactPath_beatsPrefix(World world) throws Exception {
 *     world.config(versions("orders", "v1", "v2"), route("orders", """
 *         - backendRefs: [{name: orders-v1, port: 80}]
 *         - matches: [{path: {type: Exact, value: /shop.Orders/Get}}]
 *           backendRefs: [{name: orders-v2, port: 80}]
 *         """));
 *     world.serve("orders", ok(), version("v1"));
 *     world.serve("orders", ok(), version("v2"));
 *     assertThat(world.client("web").get("orders/shop.Orders/Get")).isOk().isFrom("v2");
 *   }
 * </pre>
 *
 * <p>Paths look like gRPC methods, so that they mean the same on all transports, and an HTTPRoute
 * holds for gRPC, too. Statuses are HTTP's; {@code Statuses} says which gRPC codes stand for them.
 * {@code get} is idempotent on every transport, {@code post} is not. What a change is about has
 * reached all processes when the method that made it returns. For everybody who adds a capability.
 */
@NullMarked
package io.inmesh.conformance.world;

import org.jspecify.annotations.NullMarked;
