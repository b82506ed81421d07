using Orders;

await using var app = OrdersApp.Build(args);
await app.RunAsync();
