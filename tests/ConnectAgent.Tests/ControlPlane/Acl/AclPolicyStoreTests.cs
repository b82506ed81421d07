using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>Rules of kinds that nobody knows (acl ACL-RULE-3, ACL-DEF-3).</summary>
public sealed class AclPolicyStoreTests : IDisposable, ILogger<AclPolicyStore>
{
    private const string Odd = "servise \"web\" { policy = \"deny\" } bogus = \"x\" SERVISE \"db\" { policy = \"read\" } operator = \"read\"";
    private readonly StateStore _state = new(new MemoryStateStorage(), ControlPlaneTables.All);
    private readonly List<string> _log = [];

    public void Dispose() => _state.Dispose();

    [Fact]
    public async Task A_policy_with_unknown_kinds_is_stored_and_warned_of_once_for_each_write()
    {
        var store = new AclPolicyStore(_state, new AclOptions(), this);
        var made = await store.CreateAsync(new AclPolicy(string.Empty, "typo") { Rules = Odd });
        const string Warning =
            "Warning Policy has rules of kinds that are not known, which neither grant nor deny anything: policy=typo kinds=servise, bogus";
        _log.Should().Equal(Warning);
        await store.UpdateAsync(made);
        _log.Should().Equal(Warning, Warning);
        await store.CreateAsync(new AclPolicy(string.Empty, "good") { Rules = "operator = \"read\"" });
        _log.Should().HaveCount(2);
        _state.Current.Find(AclTables.Policies, made.Id)!.Rules.Should().Be(Odd);
    }

    [Fact]
    public async Task A_strict_control_plane_refuses_them()
    {
        var store = new AclPolicyStore(_state, new AclOptions { StrictRules = true }, this);
        var create = () => store.CreateAsync(new AclPolicy(string.Empty, "typo") { Rules = Odd });
        (await create.Should().ThrowAsync<ServerException>()).WithMessage("Invalid Policy: unknown kind of rule: \"servise\", \"bogus\"")
            .Which.Kind.Should().Be(FailureKind.Mistake);
        _state.Current.Rows(AclTables.Policies).Should().BeEmpty();
        _log.Should().BeEmpty();
        var good = await store.CreateAsync(new AclPolicy(string.Empty, "good") { Rules = "operator = \"read\"" });
        var update = () => store.UpdateAsync(good with { Rules = Odd });
        await update.Should().ThrowAsync<ServerException>();
        _state.Current.Find(AclTables.Policies, good.Id)!.Rules.Should().Be("operator = \"read\"");
    }

    [Fact]
    public async Task What_is_named_is_bounded()
    {
        var store = new AclPolicyStore(_state, new AclOptions(), this);
        var kinds = string.Concat(Enumerable.Range(0, 50).Select(number => $"\"k{number}\\n{new string('x', 500)}\" = 1\n"));
        await store.CreateAsync(new AclPolicy(string.Empty, "many") { Rules = kinds });
        _log.Should().ContainSingle().Which.Length.Should().BeLessThan(1000);
        var strict = new AclPolicyStore(_state, new AclOptions { StrictRules = true }, this);
        var create = () => strict.CreateAsync(new AclPolicy(string.Empty, "more") { Rules = kinds });
        var text = (await create.Should().ThrowAsync<ServerException>()).Which.Message;
        text.Should().Contain("\\n").And.NotContain("\n");
        text.Length.Should().BeLessThan(1000);
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => true;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _log.Add($"{logLevel} {formatter(state, exception)}");
}
