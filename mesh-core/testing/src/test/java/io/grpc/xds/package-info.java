/** In gRPC's package, because its filter is its own. */
package io.grpc.xds;
