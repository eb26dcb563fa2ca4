package io.inmesh.xds;

import java.util.List;

/**
 * An accepted resource.
 *
 * @param value in the model's terms
 * @param remarks what in it has no effect
 */
record Decoded<T>(T value, List<Remark> remarks) {
  Decoded {
    remarks = List.copyOf(remarks);
  }
}
