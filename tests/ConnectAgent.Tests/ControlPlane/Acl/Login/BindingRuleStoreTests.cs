using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl.Login;

/// <summary>Binding rules and their texts (acl ACL-BR-1 to ACL-BR-3).</summary>
public sealed class BindingRuleStoreTests : IDisposable
{
    private const string Unknown = "44444444-4444-4444-4444-444444444401";

    private readonly LoginFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    public static TheoryData<string, string, string, string, string> Wrong() => new()
    {
        // method, type, name, selector, text
        { "", "service", "x", "", "Invalid Binding Rule: no AuthMethod is set" },
        { "nope", "", "", "", "cannot find auth method with name \"nope\"" },
        { "m", "", "x", "", "Invalid Binding Rule: no BindType is set" },
        { "m", "service", "", "", "Invalid Binding Rule: no BindName is set" },
        { "m", "x", "y", "", "Invalid Binding Rule: unknown BindType \"x\"" },
        { "m", "policy", "y", "", "Invalid Binding Rule: unknown BindType \"policy\"" },
        { "m", "service", "Bad Name", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "service", "Web", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "node", "-n", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "role", "a b", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "service", "web-${value.team}_", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "service", "$${value.team}", "", "Invalid Binding Rule: invalid BindName" },
        { "m", "service", "${nope}", "", "Invalid Binding Rule: invalid BindName: 1:3: unknown variable accessed: nope" },
        { "m", "service", "web-${ value.nope }", "", "Invalid Binding Rule: invalid BindName: 1:8: unknown variable accessed: value.nope" },
        { "m", "service", "a\nb${list.groups}", "", "Invalid Binding Rule: invalid BindName: 2:4: unknown variable accessed: list.groups" },
        { "m", "service", "${", "", "Invalid Binding Rule: invalid BindName: 1:3: expected the name of one variable and \"}\"" },
        { "m", "service", "${}", "", "Invalid Binding Rule: invalid BindName: 1:3: expected the name of one variable and \"}\"" },
        { "m", "service", "${value.team", "", "Invalid Binding Rule: invalid BindName: 1:13: expected the name of one variable and \"}\"" },
        { "m", "service", "${value.team + 1}", "", "Invalid Binding Rule: invalid BindName: 1:14: expected the name of one variable and \"}\"" },
        { "m", "service", "x", "foo.bar==1", "invalid Binding Rule: Selector is invalid: Selector \"foo\" is not valid" },
        { "m", "service", "x", "value == 1", "invalid Binding Rule: Selector is invalid: Invalid match operator \"Equal\" for selector \"value\"" },
        { "m", "service", "x", "list.groups == x", "invalid Binding Rule: Selector is invalid: Invalid match operator \"Equal\" for selector \"list.groups\"" },
        {
            "m", "service", "x", "nope==",
            "invalid Binding Rule: Selector is invalid: 1:7 (6): no match found, expected: \"-\", \"0\", \"\\\"\", \"`\", [ \\t\\r\\n], [1-9] or [a-zA-Z]"
        },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task What_is_wrong_with_a_rule(string method, string type, string name, string selector, string text)
    {
        await _fixture.MethodAsync();
        var create = () => _fixture.Rules.CreateAsync(new BindingRule("", method) { BindType = type, BindName = name, Selector = selector });
        (await create.Should().ThrowAsync<ServerException>()).Which.Should().Match<ServerException>(error => error.Kind == FailureKind.Mistake && error.Message == text);
    }

    [Theory]
    [InlineData("service", "web", "")]
    [InlineData("service", "${value.service}", "value.team==core")]
    [InlineData("service", "web-${ value.team }-${value.service}", "value.unmapped != x and ops in list.groups")]
    [InlineData("role", "Role-${value.team}", "not (list.groups is empty) or value[`team`] matches `^a+$`")]
    [InlineData("node", "n1", "list.groups not contains x and team in value")]
    public async Task What_is_right_is_kept_as_it_is(string type, string name, string selector)
    {
        await _fixture.MethodAsync();
        var rule = await _fixture.RuleAsync(type, name, selector);
        BindingRuleStore.Find(_fixture.State.Current, rule.Id).Should().Be(rule);
        (rule.BindType, rule.BindName, rule.Selector).Should().Be((type, name, selector));
    }

    [Fact]
    public async Task A_rule_is_replaced_but_keeps_its_method()
    {
        await _fixture.MethodAsync();
        var made = await _fixture.RuleAsync("service", "web", "value.team==core");
        (await WhyNotAsync(made with { AuthMethod = "other" })).Should().Be("the AuthMethod field of an Binding Rule is immutable");
        (await WhyNotAsync(made with { Id = Unknown })).Should().Be($"cannot find binding rule {Unknown}");
        (await WhyNotAsync(made with { Id = "x" })).Should().Be("Binding Rule ID invalid UUID");
        var replaced = await _fixture.Rules.UpdateAsync(new BindingRule(made.Id, "") { BindType = "node", BindName = "n1" });
        replaced.Should().Be(made with { BindType = "node", BindName = "n1", Selector = "", ModifyIndex = replaced.ModifyIndex });
        replaced.ModifyIndex.Should().BeGreaterThan(made.ModifyIndex);
    }

    [Fact]
    public async Task A_rule_can_be_removed_twice()
    {
        await _fixture.MethodAsync();
        var rule = await _fixture.RuleAsync("service", "web");
        await _fixture.Rules.DeleteAsync(rule.Id);
        await _fixture.Rules.DeleteAsync(rule.Id);
        BindingRuleStore.Find(_fixture.State.Current, rule.Id).Should().BeNull();
        var malformed = () => _fixture.Rules.DeleteAsync("x");
        await malformed.Should().ThrowAsync<ServerException>().WithMessage("failed acl binding rule lookup: index error: UUID must be 36 characters");
    }

    private async Task<string> WhyNotAsync(BindingRule rule)
    {
        var update = () => _fixture.Rules.UpdateAsync(rule);
        return (await update.Should().ThrowAsync<ServerException>()).Which.Message;
    }
}
