package org.nemotron.runtime.grammar;

import com.google.common.collect.ImmutableList;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.nemotron.runtime.grammar.Network.Node;
import org.nemotron.runtime.grammar.Network.Rule;

/** A set of texts, as what joins two nodes of a network. */
@FunctionalInterface
interface Form {
  /** The empty text. */
  Form EMPTY = (net, from, to) -> net.jump(from, to);

  /** Joins {@code from} and {@code to} by the texts. */
  void add(Network net, Node from, Node to);

  static Form bytes(int low, int high) {
    return (net, from, to) -> net.edge(from, low, high, to);
  }

  static Form text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return (net, from, to) -> {
      Node at = from;
      for (int i = 0; i < bytes.length; i++) {
        Node next = i == bytes.length - 1 ? to : net.node();
        net.edge(at, bytes[i] & 0xFF, bytes[i] & 0xFF, next);
        at = next;
      }
      if (bytes.length == 0) {
        net.jump(from, to);
      }
    };
  }

  static Form sequence(Form... forms) {
    return sequence(ImmutableList.copyOf(forms));
  }

  static Form sequence(List<Form> forms) {
    return (net, from, to) -> {
      Node at = from;
      for (Form form : forms) {
        Node next = net.node();
        form.add(net, at, next);
        at = next;
      }
      net.jump(at, to);
    };
  }

  static Form anyOf(Form... forms) {
    return anyOf(ImmutableList.copyOf(forms));
  }

  static Form anyOf(List<Form> forms) {
    return (net, from, to) -> forms.forEach(form -> form.add(net, from, to));
  }

  static Form call(Rule rule) {
    return (net, from, to) -> net.call(from, rule, to);
  }

  default Form optional() {
    return anyOf(EMPTY, this);
  }

  /** At least {@code least} times; a loop stands on a node of its own. */
  default Form atLeast(int least) {
    return (net, from, to) -> {
      Node at = net.node();
      net.jump(from, at);
      for (int i = 0; i < least; i++) {
        Node next = net.node();
        add(net, at, next);
        at = next;
      }
      Node loop = net.node();
      net.jump(at, loop);
      Node behind = net.node();
      add(net, loop, behind);
      net.jump(behind, loop);
      net.jump(loop, to);
    };
  }

  default Form between(int least, int most) {
    return (net, from, to) -> {
      Node at = net.node();
      net.jump(from, at);
      for (int i = 0; i < most; i++) {
        if (i >= least) {
          net.jump(at, to);
        }
        Node next = net.node();
        add(net, at, next);
        at = next;
      }
      net.jump(at, to);
    };
  }

  /** One of some characters, in UTF-8. */
  static Form of(CodePoints set) {
    return (net, from, to) -> set.pairs().forEach(pair -> Utf8.add(net, from, to, pair));
  }
}
