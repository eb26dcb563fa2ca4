@NullMarked
package io.inmesh.grpc;

import org.jspecify.annotations.NullMarked;
