using Shop;

await using var app = ShopApp.Build(args);
await app.RunAsync();
