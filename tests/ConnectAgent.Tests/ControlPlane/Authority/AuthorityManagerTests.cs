using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;
using ConnectAgent.TestKit.State;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>ca sections 2 to 4: changes of the configuration, and what they never do.</summary>
public sealed class AuthorityManagerTests
{
    private const string Default = AuthorityOptions.DefaultConfiguration;

    [Fact] // CA-50, CA-57, CERT-80, CERT-82
    public async Task Given_a_rotation_When_a_leaf_is_signed_Then_holders_of_either_root_trust_it()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var (old, oldLeaf) = (ca.Active, await ca.SignAsync());
        await ca.PutAsync("""{"PrivateKeyBits":384}""");

        var leaf = await ca.SignAsync();
        leaf.Should().HaveCount(2);
        ca.Active.Id.Should().NotBe(old.Id);
        ca.Active.PrivateKeyBits.Should().Be(384, "CA-40");
        ca.Problem(leaf, old).Should().BeNull("through the cross-signed block");
        ca.Problem(leaf, ca.Active).Should().BeNull();
        ca.Problem(oldLeaf, ca.Roots.Entries.Select(entry => entry.Root).Single(root => !root.Active)).Should().BeNull("the old root is still listed");
        ca.Store.Current.Rows(AuthorityTables.ProviderRows).Should().ContainSingle("the old key is gone");
    }

    [Fact] // CA-53
    public async Task Given_a_forced_rotation_Then_leaves_are_sent_alone_and_the_flag_stays_until_the_next_change()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.PutAsync("""{"PrivateKeyBits":384}""", force: true);
        ca.Active.IntermediateCerts.Should().BeNull();
        (await ca.SignAsync()).Should().ContainSingle();
        ca.Manager.ReadConfiguration().ForceWithoutCrossSigning.Should().BeTrue();
        await ca.PutAsync("""{"PrivateKeyBits":384}""");
        ca.Manager.ReadConfiguration().ForceWithoutCrossSigning.Should().BeTrue("CA-26: nothing is stored when provider and map are the same");
        await ca.PutAsync("""{"PrivateKeyBits":384,"LeafCertTTL":"2h"}""");
        ca.Manager.ReadConfiguration().ForceWithoutCrossSigning.Should().BeFalse();
    }

    [Fact] // CA-52
    public async Task Given_a_provider_that_cannot_cross_sign_When_another_root_is_asked_for_Then_only_force_helps()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.PutAsync("""{"DisableCrossSigning":true}""");
        await Fails(
            () => ca.PutAsync("""{"PrivateKeyBits":384}"""),
            "The current CA Provider does not support cross-signing. You can try again with ForceWithoutCrossSigningSet but this may cause disruption - see documentation for more.");
        await ca.PutAsync("""{"PrivateKeyBits":384}""", force: true);
        ca.Active.PrivateKeyBits.Should().Be(384);
    }

    [Fact] // CA-54
    public async Task Given_a_key_that_was_used_before_When_it_comes_back_Then_its_root_is_a_new_certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var mine = $$"""{"PrivateKey":"{{key.ExportECPrivateKeyPem().ReplaceLineEndings("\\n")}}"}""";
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.PutAsync(mine);
        var first = ca.Active;
        await ca.PutAsync("{}");
        ca.Active.Id.Should().NotBe(first.Id, "CA-40: without the key one is generated");
        await ca.PutAsync(mine);
        ca.Active.Id.Should().NotBe(first.Id);
        ca.Active.SigningKeyId.Should().Be(first.SigningKeyId);
        ca.Roots.Entries.Should().HaveCount(4).And.OnlyHaveUniqueItems(entry => entry.Root.Id);
    }

    [Fact] // CA-40, LEAF-47: what does not change the key rotates nothing and counts at once
    public async Task Given_new_lives_and_limits_When_they_are_put_Then_the_next_leaf_has_them_under_the_same_root()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var root = ca.Active;
        await ca.PutAsync("""{"LeafCertTTL":"5h","CSRMaxPerSecond":0.1}""");
        ca.Active.Should().BeSameAs(root, "CA-8: the list is unchanged");
        var leaf = (await ca.SignAsync())[0];
        (leaf.NotAfter - leaf.NotBefore).Should().Be(TimeSpan.FromHours(5));
        await Fails(() => ca.SignAsync(), "Rate limit reached, try again later");
        await ca.PutAsync("""{"LeafCertTTL":"5h","CSRMaxPerSecond":0}""");
        (await ca.SignAsync()).Should().ContainSingle("CA-72");
    }

    [Fact] // CA-8
    public async Task A_change_without_rotation_wakes_watchers_of_the_roots_with_a_larger_index()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var (before, index) = await ca.Authority.ReadRootsAsync(new BlockingOptions(new BlockingQuery(0, TimeSpan.Zero)), CancellationToken.None);
        var held = ca.Authority.ReadRootsAsync(new BlockingOptions(new BlockingQuery(index, TimeSpan.FromMinutes(5))), CancellationToken.None);
        held.IsCompleted.Should().BeFalse();
        await ca.PutAsync("""{"LeafCertTTL":"5h"}""");
        var (after, now) = await held.WaitAsync(TimeSpan.FromSeconds(60));
        now.Should().BeGreaterThan(index).And.Be(ca.Manager.ReadConfiguration().ModifyIndex);
        after.Roots.Should().Equal(before.Roots);
    }

    [Fact] // CA-26, CA-28
    public async Task The_same_map_writes_nothing_and_a_stale_index_changes_nothing_even_when_it_would_rotate()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var index = ca.Manager.ReadConfiguration().ModifyIndex;
        await ca.PutAsync(Default, force: true, modifyIndex: 999);
        ca.Manager.ReadConfiguration().ModifyIndex.Should().Be(index);

        var before = ca.Store.Current;
        await Fails(() => ca.PutAsync("""{"PrivateKeyBits":384}""", modifyIndex: index + 1), "ModifyIndex did not match existing");
        await Fails(() => ca.PutAsync("""{"LeafCertTTL":"5h"}""", modifyIndex: index - 1), "ModifyIndex did not match existing");
        ca.Store.Current.Should().BeSameAs(before);
        await ca.SignAsync();
        await ca.PutAsync("""{"PrivateKeyBits":384}""", modifyIndex: index);
        ca.Roots.Entries.Should().HaveCount(2);
        ca.Manager.ReadConfiguration().CreateIndex.Should().Be(index, "CA-20");
    }

    [Fact] // CA-27, clients GOREQ-40
    public async Task The_state_is_shown_and_cannot_be_written()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.PutAsync("""{"test_state":{"foo":"bar"}}""");
        ca.Manager.ReadConfiguration().State.Should().Equal(new Dictionary<string, string>(StringComparer.Ordinal) { ["foo"] = "bar" });
        var other = new Dictionary<string, string>(StringComparer.Ordinal) { ["foo"] = "baz" };
        (await Fails(
            () => ca.PutAsync("{}", state: other),
            "Bad request: Provider State is read-only. It must be omitted or identical to the current value")).Kind.Should().Be(FailureKind.Invalid);
        await ca.PutAsync("{}", state: new Dictionary<string, string>(StringComparer.Ordinal) { ["foo"] = "bar" });
        ca.Manager.ReadConfiguration().State.Should().BeNull();
    }

    [Theory] // CA-42: whatever fails, nothing has happened
    [InlineData("ConfigureAsync", "error configuring provider: scripted failure of ConfigureAsync")]
    [InlineData("GenerateChainAsync", "error generating CA root certificate: scripted failure of GenerateChainAsync")]
    [InlineData("SignAsync", "error configuring provider: scripted failure of SignAsync")]
    public async Task Given_a_new_provider_that_fails_Then_the_old_one_goes_on_as_before(string operation, string text)
    {
        await using var ca = await AuthorityFixture.StartAsync();
        ca.Scripted.FailingAt = operation;
        var before = ca.Store.Current;
        await Fails(() => ca.PutAsync("{}", provider: "scripted"), text);
        ca.Store.Current.Should().BeSameAs(before);
        ca.Scripted.Made.Should().ContainSingle().Which.IsStopped.Should().BeTrue();
        ca.Problem(await ca.SignAsync(), ca.Active).Should().BeNull();
        ca.Scripted.FailingAt = null;
        await ca.PutAsync("{}", provider: "scripted");
        ca.Active.Name.Should().Be("Scripted CA Primary Cert");
    }

    [Fact] // CA-42, CA-29
    public async Task Given_a_disk_that_refuses_the_write_Then_the_old_provider_goes_on_and_the_next_change_works()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var (before, root) = (ca.Store.Current, ca.Active);
        ca.Storage.IsFull = true;
        await Fails(() => ca.PutAsync("""{"PrivateKeyBits":384}"""), "state could not be stored: disk full");
        ca.Store.Current.Should().BeSameAs(before);
        ca.Problem(await ca.SignAsync(), root).Should().BeNull();
        ca.Storage.IsFull = false;
        await ca.PutAsync("""{"PrivateKeyBits":384}""");
        ca.Roots.Entries.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("CrossSignAsync", "scripted failure of CrossSignAsync")]
    [InlineData("CheckUpdate", null)]
    public async Task Given_an_old_provider_that_fails_to_hand_over_Then_nothing_changes(string operation, string? text)
    {
        await using var ca = await AuthorityFixture.StartAsync(provider: "scripted");
        var before = ca.Store.Current;
        ca.Scripted.FailingAt = operation;
        await Fails(
            () => ca.PutAsync("""{"Path":"other"}""", provider: "scripted"),
            text ?? "new configuration is incompatible with previous configuration: scripted failure of CheckUpdate");
        ca.Store.Current.Should().BeSameAs(before);
        (await ca.SignAsync()).Should().HaveCount(2);
    }

    [Fact] // CERT-81, CA-103: list order keeps the signer last, the chain as sent certifies upwards
    public async Task Given_a_move_to_a_provider_with_an_intermediate_Then_the_chain_is_leaf_signer_cross_signed()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var old = ca.Active;
        await ca.PutAsync("{}", provider: "scripted");
        ca.Active.IntermediateCerts.Should().HaveCount(2);
        using var last = X509Certificate2.CreateFromPem(ca.Active.IntermediateCerts![^1]);
        ColonHex.Format(CertificateBuilder.IssuerKeyId(last)).Should().Be(ca.Active.SigningKeyId, "CERT-51");
        var chain = await ca.SignAsync();
        chain.Should().HaveCount(3);
        chain[1].RawData.Should().Equal(last.RawData);
        ca.Problem(chain, old).Should().BeNull();
        ca.Problem(chain, ca.Active).Should().BeNull();
        await ca.PutAsync("{}");
        ca.Scripted.Made.Last().Should().Match<ConnectAgent.TestKit.Authority.ScriptedProvider>(provider => provider.IsStopped && provider.IsCleanedUp, "CA-50 (5), CA-92");
        (await ca.SignAsync()).Should().HaveCount(2);
    }

    [Fact] // CA-60
    public async Task Given_a_change_under_way_When_another_comes_Then_it_is_refused_and_signing_goes_on()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        ca.Scripted.Gate = gate.Task;
        var first = ca.PutAsync("{}", provider: "scripted");
        await ca.Scripted.AtGate.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await Fails(() => ca.PutAsync(Default), "CA is already in state \"RECONFIGURING\"");
        (await ca.SignAsync()).Should().ContainSingle();
        gate.SetResult();
        await first;
        await ca.PutAsync(Default);
        ca.Roots.Entries.Should().HaveCount(3);
    }

    [Theory] // CA-32, CA-34
    [InlineData("nope", "could not initialize provider: unknown CA provider \"nope\"")]
    [InlineData("", "could not initialize provider: unknown CA provider \"\"")]
    [InlineData("Consul", "could not initialize provider: unknown CA provider \"Consul\"")]
    [InlineData("vault", "could not initialize provider: unknown CA provider \"vault\"")]
    public async Task An_unknown_provider_is_named(string provider, string text)
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await Fails(() => ca.PutAsync("{}", provider: provider), text);
    }

    [Fact] // CA-61, CERT-48: a restart finds the same root, key and configuration, and no serial twice
    public async Task Given_a_restart_with_other_files_Then_the_stored_configuration_wins()
    {
        var storage = new SharedStateStorage();
        await using var before = await AuthorityFixture.StartAsync(storage: storage);
        await before.PutAsync("""{"LeafCertTTL":"5h"}""");
        var leaf = await before.SignAsync();
        await using var after = await AuthorityFixture.StartAsync("""{"LeafCertTTL":"9h","PrivateKeyBits":384}""", storage);
        after.Active.Should().BeEquivalentTo(before.Active);
        after.Manager.ReadConfiguration().Should().BeEquivalentTo(before.Manager.ReadConfiguration());
        after.Problem(leaf, after.Active).Should().BeNull();
        var next = await after.SignAsync();
        next[0].SerialNumber.Should().NotBe(leaf[0].SerialNumber);
        (next[0].NotAfter - next[0].NotBefore).Should().Be(TimeSpan.FromHours(5));
        after.Log.Lines.Should().ContainSingle(line => line.Contains("which wins", StringComparison.Ordinal));
    }

    [Fact] // CA-43, LEAF-19, and the way out of it
    public async Task Given_a_lost_key_Then_the_start_says_so_and_a_forced_change_repairs_it()
    {
        var storage = new SharedStateStorage();
        await using var before = await AuthorityFixture.StartAsync(storage: storage);
        await before.Store.WriteAsync(writer => writer.Remove(AuthorityTables.ProviderRows, writer.State.Rows(AuthorityTables.ProviderRows).Keys.First()));
        await using var after = AuthorityFixture.Open(storage: storage);
        await Fails(() => after.Manager.InitializeAsync(), "provider not initialized");
        await Fails(() => after.SignAsync(), "provider not initialized");
        await Fails(() => after.PutAsync("""{"PrivateKeyBits":384}"""), "provider not initialized");
        await after.PutAsync(Default);
        after.Manager.IsReady.Should().BeFalse("a change of nothing repairs nothing");
        await after.PutAsync("""{"PrivateKeyBits":384}""", force: true);
        after.Manager.IsReady.Should().BeTrue();
        after.Problem(await after.SignAsync(), after.Active).Should().BeNull();
    }

    [Fact] // CA-62
    public async Task Given_a_stored_key_of_another_root_Then_the_start_says_so()
    {
        var storage = new SharedStateStorage();
        await using var before = await AuthorityFixture.StartAsync(storage: storage);
        await using var other = await AuthorityFixture.StartAsync();
        var foreign = other.Store.Current.Rows(AuthorityTables.ProviderRows).Values.Single();
        await before.Store.WriteAsync(writer =>
        {
            writer.Put(AuthorityTables.ProviderRows, foreign);
            return true;
        });
        await using var after = AuthorityFixture.Open(storage: storage);
        await Fails(() => after.Manager.InitializeAsync(), $"stored CA root \"{before.Active.Id}\" is not the active root ({other.Active.Id})");
    }

    [Fact] // a restored snapshot brings its own CA: the next signing follows it
    public async Task Given_a_state_that_is_replaced_Then_the_next_leaf_is_signed_by_its_key()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await using var other = await AuthorityFixture.StartAsync("""{"PrivateKeyBits":384}""");
        await ca.SignAsync();
        var from = other.Store.Current;
        await ca.Store.WriteAsync(writer =>
        {
            foreach (var id in writer.State.Rows(AuthorityTables.ProviderRows).Keys.ToList())
            {
                writer.Remove(AuthorityTables.ProviderRows, id);
            }

            var row = from.Rows(AuthorityTables.ProviderRows).Values.Single();
            writer.Put(AuthorityTables.ProviderRows, row);
            writer.Put(AuthorityTables.Roots, from.Find(AuthorityTables.Roots, StateTable.OnlyKey)!);
            writer.Put(AuthorityTables.Configuration, from.Find(AuthorityTables.Configuration, StateTable.OnlyKey)!);
            return true;
        });
        ca.Problem(await ca.SignAsync(), other.Active).Should().BeNull();
    }

    [Fact] // CA-35, CA-41
    public async Task Given_a_key_from_the_operator_Then_no_log_line_and_no_text_form_ever_shows_it()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportPkcs8PrivateKeyPem();
        var secret = pem.Split('\n')[1][..30];
        await using var ca = await AuthorityFixture.StartAsync();
        var config = $$"""{"LeafCertTTL":"5h","PrivateKey":"{{pem.ReplaceLineEndings("\\n")}}"}""";
        await ca.PutAsync(config);
        await ca.PutAsync("""{"LeafCertTTL":"6h","PrivateKey":"hidden"}""");
        ca.Roots.Entries.Should().HaveCount(2, "CA-35: hidden keeps the stored key, so the second change rotates nothing");
        ca.Manager.ReadConfiguration().Config.Should().Contain(secret);
        var broken = await Fails(() => ca.PutAsync(config.Replace("PRIVATE", "PUBLIC", StringComparison.Ordinal)),
            "error generating CA root certificate: error generating CA: error parsing private key \"<redacted>\": unknown PEM block type for signing key: PUBLIC KEY");
        var rows = ca.Store.Current;
        string.Join('\n', ca.Log.Lines.Append(broken.ToString()).Append(ca.Manager.ReadConfiguration().ToString())
            .Append(rows.Rows(AuthorityTables.ProviderRows).Values.Single().ToString()).Append(ca.Roots.ToString()))
            .Should().NotContain(secret).And.NotContain("BEGIN PRIVATE");
    }

    [Fact] // CERT-73 #14
    public async Task Given_a_root_at_its_end_Then_signing_says_so()
    {
        await using var ca = await AuthorityFixture.StartAsync("""{"LeafCertTTL":"1h","IntermediateCertTTL":"3h","RootCertTTL":"10h"}""");
        ca.Clock.Advance(TimeSpan.FromHours(9.5));
        var leaf = (await ca.SignAsync())[0];
        new DateTimeOffset(leaf.NotAfter).Should().Be(ca.Active.NotAfter, "certificates section 9: no leaf outlives its issuer");
        ca.Clock.Advance(TimeSpan.FromHours(1));
        await Fails(() => ca.SignAsync(), "root expired: certificate expired, expiration date: 2026-01-01 10:00:00 +0000 UTC ");
    }

    [Fact] // CERT-73 #10
    public async Task Before_the_start_signing_says_so()
    {
        await using var ca = await AuthorityFixture.StartAsync();
        await ca.Store.WriteAsync(writer => writer.Remove(AuthorityTables.Roots, StateTable.OnlyKey));
        await Fails(() => ca.SignAsync(), "CA is uninitialized and unable to sign certificates yet: provider is nil");
    }

    private static async Task<ServerException> Fails(Func<Task> call, string text) =>
        (await call.Should().ThrowAsync<ServerException>()).WithMessage(text).Which;
}
