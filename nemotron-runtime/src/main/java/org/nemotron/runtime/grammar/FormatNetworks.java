package org.nemotron.runtime.grammar;

import com.google.common.collect.ImmutableList;

/** The network of each kind of format. */
final class FormatNetworks implements AnswerFormat.Visitor<Network.Rule> {
  private final Network net;

  FormatNetworks(Network net) {
    this.net = net;
  }

  @Override
  public Network.Rule visit(AnswerFormat.Choice format) {
    return net.rule(
        Form.anyOf(
            format.texts().stream().map(Form::text).collect(ImmutableList.toImmutableList())));
  }

  @Override
  public Network.Rule visit(AnswerFormat.Regex format) {
    Form form = RegexParser.whole(format.pattern(), Form::of);
    GrammarCompiler.checkStates(form);
    return net.rule(form);
  }

  @Override
  public Network.Rule visit(AnswerFormat.JsonObject format) {
    return net.rule(new JsonForms(net).anyObject());
  }

  @Override
  public Network.Rule visit(AnswerFormat.JsonSchema format) {
    return net.rule(new SchemaForms(net, format.schema()).root());
  }

  @Override
  public Network.Rule visit(AnswerFormat.AnyOf format) {
    return net.rule(
        Form.anyOf(
            format.formats().stream()
                .map(inner -> Form.call(inner.accept(this)))
                .collect(ImmutableList.toImmutableList())));
  }

  @Override
  public Network.Rule visit(AnswerFormat.Framed format) {
    return net.rule(
        Form.sequence(
            Form.text(format.before()),
            Form.call(format.inner().accept(this)),
            Form.text(format.after())));
  }
}
