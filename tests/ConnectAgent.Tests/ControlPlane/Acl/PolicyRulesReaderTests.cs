using System.Text;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>The rules language (acl sections 6.1 and 6.2).</summary>
public sealed class PolicyRulesReaderTests
{
    private static readonly string[] Pieces =
    [
        "service", "service_prefix", "node", "key", "acl", "operator", "bogus", "\"web\"", "\"\"", "{", "}", "{", "}", "[", "]", "=", ",", ":",
        "policy", "intentions", "\"policy\":", "\"read\"", "\"write\"", "\"deny\"", "\"LIST\"", "\n", " ", "#", "//", "/*", "*/", "\"", "\\",
        "<<EOF\n", "EOF\n", "3", "-", "1e9", "true", "null", "\u00e9", "\ud800", "\0",
    ];

    [Theory] // ACL-RULE-6 to ACL-RULE-19: word for word
    [InlineData("acl = \"bad\"", "Invalid acl policy: \"bad\"")]
    [InlineData("keyring = \"list\"", "Invalid keyring policy: \"list\"")]
    [InlineData("operator = \"bad\"", "Invalid operator policy: \"bad\"")]
    [InlineData("agent \"a\" { policy = \"bad\" }", "Invalid agent policy: &acl.AgentRule{Node:\"a\", Policy:\"bad\"}")]
    [InlineData("key \"a\" { policy = \"nope\" }", "Invalid key policy: &acl.KeyRule{Prefix:\"a\", Policy:\"nope\", EnterpriseRule:acl.EnterpriseRule{}}")]
    [InlineData("key_prefix \"a\" { policy = \"nope\" }", "Invalid key_prefix policy: &acl.KeyRule{Prefix:\"a\", Policy:\"nope\", EnterpriseRule:acl.EnterpriseRule{}}")]
    [InlineData("node \"n\" { policy = \"list\" }", "Invalid node policy: &acl.NodeRule{Name:\"n\", Policy:\"list\", EnterpriseRule:acl.EnterpriseRule{}}")]
    [InlineData(
        "service \"s\" { intentions = \"write\" }",
        "Invalid service policy: &acl.ServiceRule{Name:\"s\", Policy:\"\", Intentions:\"write\", EnterpriseRule:acl.EnterpriseRule{}}")]
    [InlineData(
        "service \"s\" { policy = \"write\" intentions = \"list\" }",
        "Invalid service intentions policy: &acl.ServiceRule{Name:\"s\", Policy:\"write\", Intentions:\"list\", EnterpriseRule:acl.EnterpriseRule{}}")]
    [InlineData("session \"s\" { policy = \"x\" }", "Invalid session policy: &acl.SessionRule{Node:\"s\", Policy:\"x\"}")]
    [InlineData("event \"e\" { policy = \"x\" }", "Invalid event policy: &acl.EventRule{Event:\"e\", Policy:\"x\"}")]
    [InlineData("query \"q\" { policy = \"x\" }", "Invalid query policy: &acl.PreparedQueryRule{Prefix:\"q\", Policy:\"x\"}")]
    [InlineData("service \"s\" {", "Failed to parse ACL rules: At 1:15: object expected closing RBRACE got: EOF")]
    [InlineData("this is not hcl", "Failed to parse ACL rules: At 1:17: key 'this is not hcl' expected start of object ('{') or assignment ('=')")]
    [InlineData("acl = write", "Failed to parse ACL rules: At 1:7: Unknown token: 1:7 IDENT write")]
    [InlineData("{\"service\": 3}", "Failed to parse ACL rules: At -: unknown slice type: *ast.LiteralType")]
    [InlineData("service \"s\" { policy = [\"read\"] }", "Failed to parse ACL rules: At 1:24: root.service[0].Policy: unknown type for string *ast.ListType")]
    [InlineData(
        "service \"a\" \"b\" { policy = \"read\" }",
        "Invalid service policy: &acl.ServiceRule{Name:\"a\", Policy:\"\", Intentions:\"\", EnterpriseRule:acl.EnterpriseRule{}}")]
    public void A_bad_text_is_refused_with_the_references_words(string rules, string text)
    {
        var read = () => PolicyRulesReader.Read(rules);
        read.Should().Throw<ServerException>().WithMessage(text.Replace("*", "?", StringComparison.Ordinal)).Which.Kind.Should().Be(FailureKind.Mistake);
    }

    [Fact] // ACL-RULE-20: agents come before services
    public void The_first_error_in_the_fixed_order_is_reported()
    {
        var read = () => PolicyRulesReader.Read("operator = \"bad\" service \"s\" { policy = \"bad\" } agent \"a\" { policy = \"bad\" }");
        read.Should().Throw<ServerException>().WithMessage("Invalid agent policy: *");
    }

    [Fact] // ACL-RULE-21, where the reference makes a rule for the service named "policy"
    public void A_rule_without_a_name_is_refused()
    {
        var read = () => PolicyRulesReader.Read("service { policy = \"read\" }");
        read.Should().Throw<ServerException>().WithMessage("Failed to parse ACL rules: *");
    }

    [Theory] // ACL-RULE-1: HCL, JSON, maps in lists, comments, other cases (ACL-DEF-2), here-documents: all the same rule
    [InlineData("service \"web\" { policy = \"write\" }")]
    [InlineData("# a comment\nservice \"web\" { // another\n policy = \"WRITE\" /* and\n one */ }\n")]
    [InlineData("service = { web = { policy = \"Write\" } }")]
    [InlineData("service { \"web\" { policy = \"write\" } }")]
    [InlineData("SERVICE \"web\" { Policy = \"read\", Policy = \"write\" }")]
    [InlineData("service \"web\" { policy = \"read\" } service \"web\" { policy = \"write\" }")]
    [InlineData("service \"we\\u0062\" { policy = \"write\" sentinel { code = <<EOF\nanything { goes\nEOF\n } }")]
    [InlineData("{\"service\": {\"web\": {\"policy\": \"write\"}}}")]
    [InlineData(" {\"service\": [{\"web\": [{\"policy\": \"write\"}]}]}")]
    public void The_same_rule_in_many_spellings(string rules)
    {
        var read = PolicyRulesReader.Read(rules);
        read.Named.Should().ContainSingle().Which.Should().Be(
            KeyValuePair.Create(new RuleScope(NamedKind.Service, false, "web"), new RuleLevels(AclLevel.Write)));
        read.Plain.Should().BeEmpty();
    }

    [Theory] // ACL-RULE-1, ACL-RULE-3
    [InlineData("", "")]
    [InlineData("  \n# nothing\n", "")]
    [InlineData("bogus \"x\" { policy = \"write\" } identity = 3", "bogus,identity")]
    public void What_grants_nothing(string rules, string unknown)
    {
        List<string> kinds = [];
        PolicyRulesReader.Read(rules, kinds.Add).Named.Should().BeEmpty();
        kinds.Should().Equal(unknown.Split(',', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact] // ACL-RULE-5
    public void The_last_of_a_plain_kind_wins() =>
        PolicyRulesReader.Read("operator = \"write\" operator = \"read\"").Plain.Should().Equal(
            new Dictionary<PlainKind, AclLevel> { [PlainKind.Operator] = AclLevel.Read });

    [Fact] // ACL-DEF-1: the parsed policy that tokens share does not change when one of them is merged with a stronger one
    public void A_merge_leaves_its_parts_alone()
    {
        var (a, b, c) = (Read("read"), Read("write"), PolicyRulesReader.Read("node \"n\" { policy = \"read\" }"));
        new RuleAuthorizer(PolicyRules.Merge([a, b]), defaultAllow: false).ServiceWrite("web").Should().BeTrue();
        new RuleAuthorizer(PolicyRules.Merge([a, c]), defaultAllow: false).ServiceWrite("web").Should().BeFalse();
        new RuleAuthorizer(PolicyRules.Merge([a, Read("deny")]), defaultAllow: false).ServiceRead("web").Should().BeFalse();
        new RuleAuthorizer(PolicyRules.Merge([a, new ConnectAgent.ControlPlane.Acl.ServiceIdentity("web").Rules()]), defaultAllow: false)
            .ServiceWrite("web").Should().BeTrue();
        new RuleAuthorizer(PolicyRules.Merge([a]), defaultAllow: false).ServiceRead("web").Should().BeTrue();
        new RuleAuthorizer(PolicyRules.Merge([a]), defaultAllow: false).ServiceWrite("web").Should().BeFalse();

        static PolicyRules Read(string level) => PolicyRulesReader.Read($"service \"web\" {{ policy = \"{level}\" }}");
    }

    [Fact] // sections 6.3 and 6.4: the merged answer is that of the rules, looked at one by one
    public void The_merged_answer_equals_a_naive_evaluation() => Prop.ForAll(
        Policies(),
        policies =>
        {
            var merged = new RuleAuthorizer(PolicyRules.Merge(policies.Select(rules => PolicyRulesReader.Read(TextOf(rules)))), defaultAllow: false);
            foreach (var name in new[] { string.Empty, "a", "ab", "abc", "b", "abd" })
            {
                foreach (var access in new[] { AclAccess.Read, AclAccess.Write })
                {
                    merged.Allows(AclResource.Service, name, access).Should().Be(Naive(policies, name, access, rule => rule.Policy));
                    merged.Allows(AclResource.Intention, name, access).Should().Be(NaiveIntention(policies, name, access));
                }
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact] // any text: rules, or an error that names what was wrong
    public void Any_text_is_rules_or_a_clear_error() => Prop.ForAll(
        Gen.Elements(Pieces).ListOf().Select(pieces => string.Concat(pieces)).ToArbitrary(),
        IsHandled).Check(Config.QuickThrowOnFailure.WithMaxTest(100_000).WithEndSize(40));

    [Fact]
    public void Depth_is_bounded()
    {
        foreach (var deep in new[] { new string('{', 100_000), "a " + new string('{', 10), "a = " + new string('[', 100_000), string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) })
        {
            var read = () => PolicyRulesReader.Read(deep);
            read.Should().Throw<ServerException>().WithMessage("Failed to parse ACL rules: *");
        }
    }

    private static bool IsHandled(string text)
    {
        try
        {
            PolicyRulesReader.Read(text);
            return true;
        }
        catch (ServerException error)
        {
            return error.Kind == FailureKind.Mistake
                && (error.Message.StartsWith("Failed to parse ACL rules: At ", StringComparison.Ordinal) || error.Message.StartsWith("Invalid ", StringComparison.Ordinal));
        }
    }

    private static string TextOf(IReadOnlyList<Rule> rules)
    {
        var text = new StringBuilder();
        foreach (var rule in rules)
        {
            text.Append(rule.IsPrefix ? "service_prefix" : "service").Append(" \"").Append(rule.Name).Append("\" { policy = \"").Append(rule.Policy)
                .Append('"').Append(rule.Intentions is null ? string.Empty : $" intentions = \"{rule.Intentions}\"").Append(" }\n");
        }

        return text.ToString();
    }

    private static Arbitrary<List<List<Rule>>> Policies()
    {
        var rule = from isPrefix in Gen.Elements(true, false)
                   from name in Gen.Elements(string.Empty, "a", "ab", "abc", "b")
                   from policy in Gen.Elements("read", "write", "deny")
                   from intentions in Gen.Elements<string?>(null, "read", "write", "deny")
                   select new Rule(isPrefix, name, policy, intentions);
        return rule.ListOf().Select(rules => rules.Take(5).ToList()).ListOf().Select(policies => policies.Take(4).ToList()).ToArbitrary();
    }

    private static bool Naive(List<List<Rule>> policies, string name, AclAccess access, Func<Rule, string?> level) =>
        Grants(Strongest(Deciding(policies, name).Select(level)), access);

    private static bool NaiveIntention(List<List<Rule>> policies, string name, AclAccess access)
    {
        var deciding = Deciding(policies, name).ToList();
        var own = Strongest(deciding.Select(rule => rule.Intentions));
        return Grants(own ?? (Strongest(deciding.Select(rule => (string?)rule.Policy)) switch { "deny" => "deny", null => null, _ => "read" }), access);
    }

    // All rules of the most specific scope that any policy has for the name.
    private static IEnumerable<Rule> Deciding(List<List<Rule>> policies, string name)
    {
        var matching = policies.SelectMany(rules => rules)
            .Where(rule => rule.IsPrefix ? name.StartsWith(rule.Name, StringComparison.Ordinal) : rule.Name == name).ToList();
        return matching.Any(rule => !rule.IsPrefix)
            ? matching.Where(rule => !rule.IsPrefix)
            : matching.Where(rule => rule.Name.Length == matching.Max(other => other.Name.Length));
    }

    private static string? Strongest(IEnumerable<string?> levels) =>
        levels.ToList() is var all && all.Contains("deny") ? "deny" : all.Contains("write") ? "write" : all.Contains("read") ? "read" : null;

    private static bool Grants(string? level, AclAccess access) => level == "write" || (level == "read" && access == AclAccess.Read);

    private sealed record Rule(bool IsPrefix, string Name, string Policy, string? Intentions);
}
