/**
 * Which endpoint a call goes to. For the engine, and for those who bring a balancer of their own.
 *
 * <pre>
 *   Cluster ─compile─► ClusterBalancer: PriorityLoad ─► priority ─► locality ─► EndpointPicker ─► Host
 *                      Host = Endpoint (this configuration's) + EndpointState (survives configurations)
 * </pre>
 */
@NullMarked
package io.inmesh.balance;

import org.jspecify.annotations.NullMarked;
