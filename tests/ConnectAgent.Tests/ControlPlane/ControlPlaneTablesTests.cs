using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane;

/// <summary>The tables that the features register.</summary>
public sealed class ControlPlaneTablesTests
{
    [Fact] // issue 13 item 3: snapshots of two revisions of one state are the same bytes, so the order stays; a new table comes behind its feature's
    public void The_rows_of_a_snapshot_keep_their_order() => ControlPlaneTables.All.All.Select(table => table.Name).Should().Equal(
        "intentions",
        "config-ingress-gateway", "config-mesh", "config-proxy-defaults", "config-service-defaults", "config-service-resolver",
        "config-service-router", "config-service-splitter", "config-terminating-gateway",
        "roots", "ca-configuration", "ca-provider",
        "acl-tokens", "acl-policies", "acl-roles", "acl-bootstrap", "acl-auth-methods", "acl-binding-rules",
        "revocations", "serial-marks", "catalog-nodes", "catalog-services", "catalog-checks",
        "prepared-queries");

    [Fact]
    public async Task A_row_of_a_table_that_nobody_registered_is_refused_rather_than_lost()
    {
        using var store = new StateStore(new MemoryStateStorage(), new StateTableSet([], []));
        var write = () => store.WriteAsync(writer =>
        {
            writer.Put(AclTables.Roles, new AclRole("00000000-0000-0000-0000-0000000000b0", "admin"));
            return true;
        });
        await write.Should().ThrowAsync<InvalidOperationException>().WithMessage("table acl-roles is not registered*");
    }
}
