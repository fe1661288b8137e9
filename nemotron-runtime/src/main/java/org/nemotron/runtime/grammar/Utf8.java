package org.nemotron.runtime.grammar;

import java.nio.charset.StandardCharsets;
import org.nemotron.runtime.grammar.Network.Node;

/**
 * Ranges of characters as ranges of bytes. A range is cut where the number of bytes changes, then
 * where a byte before the last changes, so that each piece is a product of ranges of bytes.
 */
final class Utf8 {
  private static final int[] LAST = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

  private Utf8() {}

  /** Joins two nodes by the characters from {@code pair[0]} to {@code pair[1]}. */
  static void add(Network net, Node from, Node to, int[] pair) {
    int first = pair[0];
    for (int last : LAST) {
      if (first <= pair[1] && first <= last) {
        addSameLength(net, from, to, first, Math.min(pair[1], last));
        first = last + 1;
      }
    }
  }

  private static void addSameLength(Network net, Node from, Node to, int first, int last) {
    int bits = 6;
    for (int mask = (1 << bits) - 1; mask < last; mask = (1 << (bits += 6)) - 1) {
      if ((first & ~mask) != (last & ~mask)) {
        if ((first & mask) != 0) {
          addSameLength(net, from, to, first, first | mask);
          addSameLength(net, from, to, (first | mask) + 1, last);
          return;
        }
        if ((last & mask) != mask) {
          addSameLength(net, from, to, first, (last & ~mask) - 1);
          addSameLength(net, from, to, last & ~mask, last);
          return;
        }
      }
    }
    byte[] low = bytes(first);
    byte[] high = bytes(last);
    Node at = from;
    for (int i = 0; i < low.length; i++) {
      Node next = i == low.length - 1 ? to : net.node();
      net.edge(at, low[i] & 0xFF, high[i] & 0xFF, next);
      at = next;
    }
  }

  private static byte[] bytes(int codePoint) {
    return Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
  }
}
